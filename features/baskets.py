"""Baskets before a moment as a table of items, each with its store, week and what was promoted there."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.affinity import basket_serials, most_bought
from features.columns import Column
from features.dataset import Bundles
from features.definitions import DAY
from features.errors import InputError
from features.grains import WEEK
from features.interactions import Codes, Floats, Interactions, interactions
from features.item_level import at_item_level, require_item_level
from features.promotions import Cells, promoted_cells, visits, week_shift
from features.snapshot import History, history
from features.tables import Tables

_WEEKS_A_PERIOD = 4


@dataclass(frozen=True)
class Caps:
    """How large baskets may be, and how many items are kept: those in most baskets, each in `min_count` or more.

    Baskets with more than `max_basket_items` different items are left out first.
    """

    max_basket_items: int
    max_items: int
    min_count: int


@dataclass(frozen=True)
class LeftOut:
    """What the caps leave out: baskets that are too large, rare items, and the lines lost by either.

    A line is a basket and an item.
    """

    large_baskets: int
    rare_items: int
    lines: int


@dataclass(frozen=True)
class Baskets:
    """Every basket before a moment and within the caps; customer by customer, each one's newest first.

    A basket has at least one purchase (no return) of an item that has a value at the level; it is empty where
    none of its items is kept. Returns, and products without a value at the level, are in no basket.
    """

    items: NDArray[np.str_]
    """Sorted ids of the kept items."""
    customers: NDArray[np.str_]
    """Sorted ids; each has a basket."""
    table: csr_array
    """(baskets, items) 1.0 where the basket holds the item; indices are sorted and come once."""
    customer: Codes
    """(baskets,) places in `customers`, rising."""
    age: Floats
    """(baskets,) days from the basket's newest line to the moment, above 0."""
    oldest: Floats
    """(baskets,) days from the basket's oldest line to the moment: above `age` where it was filled over time."""
    cell: Codes
    """(baskets,) the basket's store and week, or its week alone where no basket has a store.

    Weeks begin when most promotions do and are counted back from the moment, which may cut the newest short
    (`features.promotions.week_shift`). A basket is in the week of its newest line. Baskets without a store share
    one when others have theirs.
    """
    stratum: Codes
    """(cells,) the cell's store and period of four weeks; the newest period ends at the moment."""
    promoted: csr_array | None
    """(cells, items) 1.0 where the item was promoted in that store and week; None where no table tells."""
    left_out: LeftOut

    @property
    def counts(self) -> NDArray[np.int64]:
        """(items,) how many baskets hold the item."""
        return _counts(self.table)

    def chosen(self, baskets: NDArray[np.intp]) -> "Baskets":
        """The baskets at these places; items, customers and cells keep their codes, and some may be in none."""
        return replace(
            self,
            table=self.table[baskets],
            customer=self.customer[baskets],
            age=self.age[baskets],
            oldest=self.oldest[baskets],
            cell=self.cell[baskets],
        )


def baskets(tables: Tables, declared: Bundles, as_of: datetime, caps: Caps) -> Baskets:
    """The baskets before `as_of` at the declared level; nothing at or after it matters, nor the order of rows.

    Items in equally many baskets are kept in the order of their ids. Raises `InputError` when the items table
    lacks the level, or when no item is in `min_count` baskets.
    """
    require_item_level(tables, declared.item_level)
    past = at_item_level(history(tables, as_of), declared.item_level)
    lines = interactions(past)
    everything = _table(lines)
    within = np.flatnonzero(np.diff(everything.indptr) <= caps.max_basket_items)
    kept = _kept(everything[within], caps, as_of)
    table = everything[within][:, kept]
    seconds, oldest, stores = _places(past)
    cell, stratum, cells = _cells(stores[within], seconds[within], week_shift(tables.promotions, as_of))
    customers, customer = np.unique(_customers(lines)[within], return_inverse=True)
    return Baskets(
        items=lines.items[kept],
        customers=lines.customers[customers],
        table=table,
        customer=customer.astype(np.int32),
        age=seconds[within] / DAY,
        oldest=oldest[within] / DAY,
        cell=cell,
        stratum=stratum,
        promoted=promoted_cells(tables, past, declared.item_level, cells, lines.items[kept]),
        left_out=LeftOut(
            large_baskets=everything.shape[0] - len(within),
            rare_items=everything.shape[1] - len(kept),
            lines=everything.nnz - table.nnz,
        ),
    )


def _table(lines: Interactions) -> csr_array:
    """(baskets, items) 1.0 where the basket holds the item, a row each basket in the order of the lines."""
    starts = np.searchsorted(basket_serials(lines), np.arange(int(lines.baskets.sum()) + 1))
    shape = (len(starts) - 1, len(lines.items))
    return csr_array((np.ones(len(lines.item)), lines.item, starts), shape=shape)


def _customers(lines: Interactions) -> Codes:
    """(baskets,) whose each basket is."""
    return np.repeat(np.arange(len(lines.customers), dtype=np.int32), lines.baskets)


def _kept(table: csr_array, caps: Caps, as_of: datetime) -> Codes:
    """Codes of the kept items, rising."""
    kept = most_bought(table, caps.max_items)
    kept = kept[_counts(table)[kept] >= max(caps.min_count, 1)]
    if not len(kept):
        if not table.shape[1]:
            raise InputError(
                f"nothing that was bought before {as_of:%Y-%m-%d} has a value at the [bundles] item_level: fill "
                "that column of the items table for products that are sold, or choose another level"
            )
        raise InputError(
            f"no item is in {max(caps.min_count, 1)} baskets before {as_of:%Y-%m-%d}; "
            "choose a coarser [bundles] item_level, or lower min_count"
        )
    return kept


def _counts(table: csr_array) -> NDArray[np.int64]:
    return np.bincount(table.indices, minlength=table.shape[1]).astype(np.int64)


def _places(past: History) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """(baskets,) seconds from newest and oldest line to the moment, and store, in the order of `interactions`."""
    rows = visits(past).order_by(Column.CUSTOMER, "age", Column.BASKET).to_pyarrow()
    stores = np.array(rows[Column.STORE].to_pylist(), dtype=np.str_)
    return rows["age"].to_numpy(), rows["oldest"].to_numpy(), stores


def _cells(stores: NDArray[Any], seconds: NDArray[np.int64], shift: int) -> tuple[Codes, Codes, Cells]:
    """The cell of each basket, the stratum of each cell, and the cells."""
    weeks = (seconds + shift) // WEEK
    names, store = np.unique(stores, return_inverse=True)
    width = int(weeks.max(initial=0)) + 1
    keys, cell = np.unique(store * width + weeks, return_inverse=True)
    store, week = np.divmod(keys, width)
    _strata, stratum = np.unique(store * width + week // _WEEKS_A_PERIOD, return_inverse=True)
    return cell.astype(np.int32), stratum.astype(np.int32), Cells(names[store], week, shift)
