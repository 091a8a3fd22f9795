"""Which items were promoted in which store and week: what a purchase may owe to."""

from datetime import datetime

import ibis
import numpy as np
import pyarrow as pa
from ibis import _
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.columns import Column
from features.grains import BASKET, BASKET_ITEM, WEEK
from features.item_level import raised
from features.snapshot import History
from features.tables import Tables

NO_STORE = ""
"""Stands for the store of a basket that has none; no id is empty."""


def promoted_cells(
    tables: Tables, past: History, level: str, cells: ibis.Table, items: NDArray[np.str_]
) -> csr_array | None:
    """(cells, items) 1.0 where the item was promoted in that store and week; None where no table tells.

    `cells` has a row each: `cell`, its place, `store` (or `NO_STORE`) and `week`, whole weeks before the moment
    of `past`, which has the items of the level. The promotions table decides: any of an item's products in that
    store, or in no named one; a table that names stores speaks of all of them where no basket has one. Without
    that table any purchase in that store and week that was `promoted` does.
    """
    oldest, count = cells.week.max().to_pyarrow().as_py(), cells.count().to_pyarrow().as_py()
    announced = tables.promotions is not None
    promoted = _announced(tables, past.as_of, level, oldest) if announced else _bought(past)
    if promoted is None:
        return None
    known = ibis.memtable(pa.table({Column.ITEM: items.tolist(), "item": np.arange(len(items))}))
    found = _in_cells(promoted, cells).inner_join(known, Column.ITEM).select("cell", "item").distinct()
    places = found.order_by("cell", "item").to_pyarrow()
    where = (places["cell"].to_numpy(), places["item"].to_numpy())
    return csr_array((np.ones(places.num_rows), where), shape=(count, len(items)))


def visits(past: History) -> ibis.Table:
    """Customer, basket, `age` in seconds and `store` of every basket; a basket of two stores is in the lower."""
    rolled = past.roll_up(BASKET)
    assert rolled is not None, "features.dataset sees to it that there are transactions"
    store = _[Column.STORE].fill_null(NO_STORE) if Column.STORE in rolled.columns else ibis.literal(NO_STORE)
    return rolled.select(Column.CUSTOMER, Column.BASKET, "age", **{Column.STORE: store})


def _announced(tables: Tables, as_of: datetime, level: str, oldest: int) -> ibis.Table:
    """Item, week up to the oldest and, where the table names stores, store of every promotion before `as_of`.

    A promotion counts in the weeks whose middle it covers and in the week of its own middle: by any overlap one
    that starts some hours after our weeks do would count in two.
    """
    assert tables.promotions is not None, "the caller has looked"
    seconds = int(as_of.timestamp())
    begins, ends = (
        seconds - _[name].epoch_seconds().cast("int64") for name in (Column.FROM_TS, Column.TO_TS)
    )
    middle, half = (begins + ends) // 2 // WEEK, WEEK // 2
    running = tables.promotions.mutate(
        newest=ibis.greatest(ibis.least((ends + half) // WEEK, middle), 0),
        oldest=ibis.least(ibis.greatest((begins - half) // WEEK, middle), oldest),
    ).filter(_.oldest >= _.newest)
    columns = [Column.ITEM, *(name for name in (Column.STORE,) if name in running.columns)]
    spans = raised(running, tables.items, level).select(*columns, "newest", "oldest").distinct()
    weeks = ibis.range(spans.newest.cast("int64"), spans.oldest.cast("int64") + 1, 1)
    return spans.select(*columns, week=weeks.unnest()).distinct()


def _bought(past: History) -> ibis.Table | None:
    """Item, week and store of every basket with a promoted line of the item."""
    lines = past.roll_up(BASKET_ITEM)
    if lines is None or Column.PROMOTED not in lines.columns:
        return None
    promoted = lines.filter(_[Column.PROMOTED] > 0).select(Column.CUSTOMER, Column.BASKET, Column.ITEM)
    placed = promoted.inner_join(visits(past), [Column.CUSTOMER, Column.BASKET])
    return placed.select(Column.ITEM, Column.STORE, week=(_.age // WEEK).cast("int64")).distinct()


def _in_cells(promoted: ibis.Table, cells: ibis.Table) -> ibis.Table:
    """Item and cell of each promotion."""
    stores = bool((cells[Column.STORE] != NO_STORE).any().to_pyarrow().as_py())
    if not stores or Column.STORE not in promoted.columns:
        return promoted.drop(*{Column.STORE} & set(promoted.columns)).inner_join(cells, "week")
    named = promoted.filter(_[Column.STORE].notnull()).inner_join(cells, [Column.STORE, "week"])
    everywhere = promoted.filter(_[Column.STORE].isnull()).drop(Column.STORE).inner_join(cells, "week")
    return named.select(Column.ITEM, "cell").union(everywhere.select(Column.ITEM, "cell"))
