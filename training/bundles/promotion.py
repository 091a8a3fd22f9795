"""Lifts with promotions, stores, seasons and the sizes of baskets held fixed: what is left of them.

`Level` names what is held fixed, each level all that the one before holds: first the size of the basket, then also
its store and 28 days, then also which of the two were promoted (neither, only the one, only the other, both) in
that store and week. `training.bundles.held_fixed` tells how baskets are compared within such strata.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from features.baskets import Baskets
from training.arrays import Floats
from training.bundles.held_fixed import (
    Codes,
    Compared,
    Repeats,
    added,
    chance,
    holding,
    repeats,
    size_class,
    sizes,
    totals,
)
from training.bundles.tastes import Tastes

CELLS_AT_ONCE = 2**20
"""Rows and pairs that are summed at once: some tens of MiB."""


class Level(StrEnum):
    """What is held fixed."""

    SIZE = "basket size"
    STORE_AND_SEASON = "store and season"
    PROMOTION = "promotion"


def adjusted(baskets: Baskets, antecedents: Codes, consequents: Codes, level: Level) -> Compared:
    """How often `antecedents` (pairs, items) and `consequents` (pairs,) are together; columns of the baskets.

    No antecedent holds its consequent; it counts as promoted when any of its items is. Where no table tells what
    was promoted, `PROMOTION` is the same as `STORE_AND_SEASON`. The work is done antecedent by antecedent, in the
    strata that have it: let the rarer of two items be the antecedent.
    """
    found = np.zeros((6, len(consequents)))
    if len(consequents):
        rows, tastes = _rows(baskets, antecedents.shape[1], level), Tastes(baskets)
        for antecedent, pairs in _by_antecedent(antecedents):
            held = holding(rows.columns, antecedent)
            found[:5, pairs] = _of_antecedent(rows, antecedent, held, consequents[pairs])
            found[5, pairs] = tastes.inflation(tastes.of(held), consequents[pairs])
    return Compared(*found)


@dataclass(frozen=True)
class _Rows:
    """Baskets added up by stratum, size class and cell: `group` is the stratum and size class."""

    table: csr_array
    columns: csc_array
    row: Codes
    """(baskets,)"""
    group: Codes
    """(rows,) rising."""
    counts: csr_array
    """(rows, items) baskets with the item."""
    totals: Floats
    """(5, rows) sums of `places`."""
    repeats: Repeats
    """(groups,)"""
    items: int
    """How many an antecedent has."""
    promoted: csr_array | None
    """(rows, items)"""


def _rows(baskets: Baskets, items: int, level: Level) -> _Rows:
    table, size = baskets.table, sizes(baskets.table)
    stratum = np.zeros_like(baskets.cell) if level == Level.SIZE else baskets.stratum[baskets.cell]
    cell = baskets.cell if level == Level.PROMOTION else np.zeros_like(baskets.cell)
    keys, row = np.unique(np.stack([stratum, size_class(size), cell]), axis=1, return_inverse=True)
    starts = np.ones(keys.shape[1], dtype=bool)
    starts[1:] = (keys[:2, 1:] != keys[:2, :-1]).any(axis=0)
    group = np.cumsum(starts) - 1
    promoted = (
        baskets.promoted[keys[2]] if baskets.promoted is not None and level == Level.PROMOTION else None
    )
    return _Rows(
        table,
        table.tocsc(),
        row,
        group,
        added(table, row),
        totals(size, row, items),
        repeats(table, group[row]),
        items,
        promoted,
    )


def _by_antecedent(antecedents: Codes) -> Iterator[tuple[Codes, Codes]]:
    """Every antecedent once, with the places of its pairs."""
    distinct, place = np.unique(antecedents, axis=0, return_inverse=True)
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place))[:-1]
    yield from zip(distinct, np.split(order, ends), strict=True)


def _of_antecedent(rows: _Rows, antecedent: Codes, held: Codes, consequents: Codes) -> Floats:
    """(5, consequents) the fields of `Compared`."""
    kept = np.flatnonzero(np.isin(rows.group, rows.group[rows.row[held]]))
    promoted = _promoted(rows, kept, antecedent)
    order = np.lexsort((promoted, rows.group[kept]))
    local = _Local(rows, kept[order], promoted[order], held)
    step = max(1, CELLS_AT_ONCE // max(len(kept), 1))
    blocks = [local.compared(consequents[start : start + step]) for start in range(0, len(consequents), step)]
    return np.concatenate(blocks, axis=1)


def _promoted(rows: _Rows, kept: Codes, antecedent: Codes) -> NDArray[np.bool_]:
    """(kept,) whether any item of the antecedent was promoted."""
    if rows.promoted is None:
        return np.zeros(len(kept), dtype=bool)
    return np.asarray(rows.promoted[kept][:, antecedent].sum(axis=1)).ravel() > 0


class _Local:
    """The rows with one antecedent, in groups of one stratum, size class and state of its promotion."""

    def __init__(self, rows: _Rows, kept: Codes, promoted: NDArray[np.bool_], held: Codes) -> None:
        starts = np.ones(len(kept), dtype=bool)
        starts[1:] = (rows.group[kept][1:] != rows.group[kept][:-1]) | (promoted[1:] != promoted[:-1])
        self._rows, self._kept, self._starts = rows, kept, np.flatnonzero(starts)
        self._group = np.cumsum(starts) - 1
        self._repeats, self._items = rows.repeats.of(rows.group[kept][starts]), rows.items
        place = np.empty(rows.totals.shape[1], dtype=np.intp)
        place[kept] = np.arange(len(kept))
        self._held, self._place = rows.table[held], place[rows.row[held]]
        first = np.bincount(self._place, minlength=len(kept))
        self._totals = np.stack([*rows.totals[:, kept], first])

    def compared(self, consequents: Codes) -> Floats:
        """(5, consequents) the fields of `Compared`, added up over groups and both states of the consequent."""
        counts = self._rows.counts[self._kept][:, consequents].toarray()
        together = self._held[:, consequents].tocoo()
        place, met = self._place[together.row], together.col.astype(np.intp)
        group = self._group[place]
        baskets = np.add.reduceat(self._totals, self._starts, axis=1)[..., None]
        second = self._sum(counts)
        if self._rows.promoted is None:
            return self._added(baskets, second, group, met)
        state = self._rows.promoted[self._kept][:, consequents].toarray()
        of_state = np.stack([self._sum(total[:, None] * state) for total in self._totals])
        second_of_state, told = self._sum(counts * state), state[place, met] > 0
        found = self._added(of_state, second_of_state, group[told], met[told])
        found += self._added(baskets - of_state, second - second_of_state, group[~told], met[~told])
        return found

    def _sum(self, values: Floats) -> Floats:
        """(rows, consequents) added up by group."""
        return np.add.reduceat(values, self._starts)

    def _added(self, of_state: Floats, second: Floats, group: Codes, met: Codes) -> Floats:
        """(5, consequents) of `of_state` (6, groups, consequents); `group` and `met` are of each common basket."""
        *of_places, first = of_state
        shared = chance(of_places, self._repeats, self._items)
        ours = first, second, of_state[0]
        expected = shared.expected(*ours)
        moments = [each.sum(axis=0) for each in (expected, shared.variance(*ours), shared.third(*ours))]
        width = second.shape[1]
        told = np.broadcast_to(shared.told, second.shape)
        apart = 1 / (1 - shared.average)
        own = np.broadcast_to(shared.average * apart, second.shape)
        common = np.bincount(met, told[group, met], minlength=width)
        between = (expected * apart).sum(axis=0) - np.bincount(met, own[group, met], minlength=width)
        return np.stack([common, *moments, between])
