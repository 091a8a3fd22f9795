"""Candidates with their features at one moment: what could be offered to whom, and what is known of both.

A row is a customer and an item that some source proposes for them. The features of the pair come first, then those
of the item, then those of the customer: a store keeps the three apart.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import ibis
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features import affinity
from features.columns import Column
from features.dataset import CrossSell
from features.definitions import Feature, Unit, described
from features.grains import VISITOR
from features.interactions import Codes, Floats, Interactions, interactions
from features.item_level import at_item_level, finer_level, require_item_level
from features.lists import best_items
from features.pair import neighbours
from features.pair import sources as source_scores
from features.pair.affinities import AFFINITIES
from features.pair.customers import CUSTOMERS, VARIETY
from features.pair.items import ITEMS, MARKET
from features.pair.joined import joined
from features.pair.purchases import PURCHASES
from features.pair.reasons import ItemWeights
from features.pair.sources import Source, require_sources, sources
from features.snapshot import CUSTOMER, ITEM, PAIR, History, history, snapshot, with_derived
from features.tables import Tables

CELLS = 2_000_000
"""Scores of one source that are looked at together, at most: 16 MB."""

TOGETHER = 256
"""Customers that are looked at together, at most."""

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_ROW, _ROWS = "row", "rows"
_SCORING = (affinity, neighbours, source_scores)


@dataclass(frozen=True)
class PairSet:
    """The features of a pair in column order. Two sets with equal fingerprints mean the same numbers."""

    cross_sell: CrossSell
    pair: tuple[Feature, ...]
    item: tuple[Feature, ...]
    customer: tuple[Feature, ...]

    @property
    def features(self) -> tuple[Feature, ...]:
        """All features, in column order."""
        return (*self.pair, *self.item, *self.customer)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over what an item is, every feature's formula, and the code that makes the sources' scores."""
        definitions = [
            (f.name, repr(f.formula), f.grain.definition if f.grain else "derived", f.source)
            for f in self.features
        ]
        declared = self.cross_sell.model_dump(exclude={"segment"})
        code = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in _SCORING]
        text = json.dumps([declared, definitions, code])
        return hashlib.sha256(text.encode()).hexdigest()

    def describe(self) -> list[dict[str, object]]:
        """Each feature as `features.definitions.described` tells it."""
        return described(self.features)


@dataclass(frozen=True)
class PairRows:
    """Candidates of some customers, in the order in which these were asked for, each customer's by item."""

    customer: Codes
    """(n,) places in the snapshot's customers."""
    item: Codes
    """(n,) places in the snapshot's items."""
    proposed: NDArray[np.int64]
    """(n,) bit i is set where source i of the snapshot proposes the pair."""
    values: Floats
    """(n, k) features, NaN for unknown."""


@dataclass(frozen=True)
class Known:
    """Features of pairs with a purchase, of items and of customers, each with its key."""

    pair: ibis.Table
    item: ibis.Table
    customer: ibis.Table


class PairSnapshot:
    """All that is known at `as_of` to choose items for customers; rows are computed block by block."""

    def __init__(self, tables: Tables, pairs: PairSet, as_of: datetime) -> None:
        self.pairs = pairs
        self.as_of = as_of
        level = pairs.cross_sell.item_level
        past = history(tables, as_of)
        at_level = at_item_level(past, level)
        self.lines: Interactions = interactions(at_level)
        self._known = _known(past, at_level)
        self._finer = at_item_level(past, finer_level(tables.items, level))

    @property
    def customers(self) -> NDArray[np.str_]:
        """Sorted ids of the customers who have bought anything."""
        return self.lines.customers

    @property
    def items(self) -> NDArray[np.str_]:
        """Sorted ids of the items that anybody has bought."""
        return self.lines.items

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """What proposes candidates."""
        finer = _aligned(interactions(self._finer), self.customers)
        return sources(self.lines, finer, self.pairs.cross_sell.without_sources)

    @cached_property
    def weights(self) -> ItemWeights:
        """How strongly a bought item speaks for another."""
        (found,) = (source.weights for source in self.sources if source.weights is not None)
        return found

    def blocks(self, customers: Codes | None = None) -> Iterator[PairRows]:
        """The candidates of these customers (default: of all), some customers at a time."""
        chosen = np.arange(len(self.customers), dtype=np.int32) if customers is None else customers
        size = max(1, min(TOGETHER, CELLS // max(1, len(self.items))))
        for start in range(0, len(chosen), size):
            yield self._rows(chosen[start : start + size])

    def of_items(self) -> Floats:
        """(items, k2) the features of every item, in the order of the pair set; NaN for unknown."""
        return _table(self._of_item, self.pairs.item, len(self.items))

    def of_customers(self) -> Floats:
        """(customers, k3) the features of every customer, in the order of the pair set; NaN for unknown."""
        return _table(self._of_customer, self.pairs.customer, len(self.customers))

    def _rows(self, customers: Codes) -> PairRows:
        scores = [source.scores(customers) for source in self.sources]
        proposed = np.zeros(scores[0].shape, dtype=np.int64)
        new = self._repeat[customers].toarray() == 0
        for place, (source, score) in enumerate(zip(self.sources, scores, strict=True)):
            eligible = np.where(new == source.new, score, 0.0)
            proposed |= _best(eligible, source.proposes).astype(np.int64) << place
        rows, items = np.nonzero(proposed)
        told = {
            source.feature: score[rows, items]
            for source, score in zip(self.sources, scores, strict=True)
            if source.feature is not None
        }
        codes = customers[rows], items.astype(np.int32)
        return PairRows(*codes, proposed[rows, items], self._values(*codes, told))

    def _values(self, customer: Codes, item: Codes, told: Mapping[str, Floats]) -> Floats:
        """(n, k) the features of the pairs, in the order of the pairs given."""
        pair = _gathered(self._of_pair, self._row_of(customer, item))
        columns = {**told, **pair, **_gathered(self._of_item, item), **_gathered(self._of_customer, customer)}
        columns |= self._derived(pa.table({_ROW: np.arange(len(item)), **columns}))
        return np.column_stack([columns[name] for name in self.pairs.names])

    def _derived(self, rows: pa.Table) -> dict[str, Floats]:
        """The columns with those that derive from them, in the order of their numbers."""
        self._engine.con.register(_ROWS, rows)
        derived = joined(self.pairs.cross_sell.new_after_days)
        found = _columns(with_derived(self._engine.table(_ROWS), list(derived)).order_by(_ROW))
        self._engine.con.unregister(_ROWS)
        return found

    @cached_property
    def _engine(self) -> Backend:
        """A database for rows in memory: Ibis keeps its own memory tables until the process ends."""
        return ibis.duckdb.connect()

    def _row_of(self, customer: Codes, item: Codes) -> NDArray[np.intp]:
        """(n,) the row of each pair in `_of_pair`, -1 for a pair without a purchase."""
        wanted = self._keys(customer, item)
        row = np.searchsorted(self._bought, wanted)
        row[row == len(self._bought)] = 0
        return np.where(self._bought[row] == wanted, row, -1)

    def _keys(self, customer: Codes, item: Codes) -> NDArray[np.int64]:
        return customer.astype(np.int64) * len(self.items) + item

    @cached_property
    def _bought(self) -> NDArray[np.int64]:
        """Rising keys of the pairs with a purchase, in the order of the rows of `_of_pair`."""
        return np.unique(self._keys(self.lines.customer, self.lines.item))

    @cached_property
    def _of_pair(self) -> dict[str, Floats]:
        return _columns(self._known.pair.order_by(*PAIR))

    @cached_property
    def _repeat(self) -> csr_array:
        return self.lines.bought(self.pairs.cross_sell.new_after_days)

    @cached_property
    def _of_item(self) -> dict[str, Floats]:
        return _columns(self._known.item.order_by(*ITEM))

    @cached_property
    def _of_customer(self) -> dict[str, Floats]:
        return _columns(self._known.customer.order_by(*CUSTOMER))


def pair_set(tables: Tables, cross_sell: CrossSell) -> PairSet:
    """Every feature that these tables can give for the declared items.

    Raises `InputError` when the items table cannot give the level.
    """
    require_item_level(tables, cross_sell.item_level)
    require_sources(cross_sell.without_sources)
    past = history(tables, _ANY_MOMENT)
    known = _known(past, at_item_level(past, cross_sell.item_level))
    possible = {
        *known.pair.columns,
        *known.item.columns,
        *known.customer.columns,
        *(f.name for f in AFFINITIES),
    }
    together = ibis.table(dict.fromkeys(possible, "float64"), name="pairs")
    derived = joined(cross_sell.new_after_days)
    possible |= set(with_derived(together, list(derived)).columns)
    return PairSet(
        cross_sell,
        tuple(feature for feature in (*derived, *PURCHASES, *AFFINITIES) if feature.name in possible),
        tuple(feature for feature in ITEMS if feature.name in possible and feature.unit is not Unit.COUNT),
        tuple(feature for feature in (*CUSTOMERS, *VARIETY) if feature.name in possible),
    )


def _known(past: History, at_level: History) -> Known:
    counts = snapshot(at_level, [feature for feature in ITEMS if feature.grain is not None], ITEM)
    visitors = past.roll_up(VISITOR)
    assert visitors is not None, "features.dataset sees to it that there are transactions"
    shares = [feature for feature in ITEMS if feature.grain is None]
    return Known(
        pair=snapshot(at_level, PURCHASES, PAIR),
        item=with_derived(counts.cross_join(visitors.aggregate(**MARKET)), shares),
        customer=snapshot(past, CUSTOMERS).inner_join(snapshot(at_level, VARIETY), Column.CUSTOMER),
    )


def _aligned(finer: Interactions, customers: NDArray[np.str_]) -> csr_array:
    """Fading counts at a finer level for these customers, in their order; nothing for who has no line there."""
    known = np.flatnonzero(np.isin(finer.customers, customers))
    place = np.searchsorted(customers, finer.customers[known])
    shape = (len(customers), len(finer.customers))
    chosen = csr_array((np.ones(len(known)), (place, known)), shape=shape)
    aligned = cast("csr_array", chosen @ finer.fading(120.0))
    aligned.sort_indices()
    return aligned


def _best(scores: Floats, count: int) -> NDArray[np.bool_]:
    """Where the `count` highest positive scores of each row are; ties at the edge go to the lower item."""
    chosen = np.zeros(scores.shape, dtype=bool)
    if count:
        row, place = np.nonzero((listed := best_items(scores, scores > 0, count)) >= 0)
        chosen[row, listed[row, place]] = True
    return chosen


def _columns(table: ibis.Table) -> dict[str, Floats]:
    """The float64 columns of a table by name, NaN for unknown."""
    found = table.to_pyarrow()
    return {
        name: found[name].to_numpy().astype(np.float64) for name in found.column_names if name not in PAIR
    }


def _table(columns: Mapping[str, Floats], features: tuple[Feature, ...], rows: int) -> Floats:
    """(rows, features) the columns side by side; of no features a table without columns."""
    return np.array([columns[feature.name] for feature in features]).reshape(len(features), rows).T


def _gathered(columns: Mapping[str, Floats], rows: NDArray[np.signedinteger[Any]]) -> dict[str, Floats]:
    """Rows of the columns; NaN for row -1."""
    return {name: np.where(rows >= 0, values[rows], np.nan) for name, values in columns.items()}
