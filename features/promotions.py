"""Which items were promoted in which store and week, and when weeks begin: what a purchase may owe to."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pyarrow as pa
from ibis import _
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.columns import Column
from features.definitions import DAY
from features.grains import BASKET, BASKET_ITEM, WEEK
from features.item_level import raised
from features.snapshot import History
from features.tables import Tables

NO_STORE = ""
"""Stands for the store of a basket that has none; no id is empty."""

_HOUR = 3_600
_FIRST_MONDAY = 4 * DAY
"""Seconds from the epoch, a Thursday, to the first midnight of a Monday."""


@dataclass(frozen=True)
class Cells:
    """Stores and the weeks of each, counted back from a moment."""

    store: NDArray[np.str_]
    """(cells,) ids, or `NO_STORE`."""
    week: NDArray[np.int64]
    """(cells,) places of weeks: `(age + shift) // WEEK`."""
    shift: int
    """Seconds, as `week_shift` tells."""


def week_shift(promotions: ibis.Table | None, as_of: datetime) -> int:
    """Seconds from `as_of` to the last second of the week that holds the second before it: from -1 to `WEEK` - 2.

    A row that is `age` seconds older than `as_of` lies in week `(age + shift) // WEEK`, and a row at the very
    beginning of a week in that week. Week 0 may be shorter than seven days, as it ends at `as_of`; all others are
    whole. Weeks begin at the hour of the week (UTC) in which most promotions begin, of several the earliest since
    Monday; only promotions that began before `as_of` decide. Without any they begin on Mondays at 00:00 UTC.
    """
    begins = _FIRST_MONDAY + _HOUR * _usual_hour(promotions, as_of)
    return (begins - int(as_of.timestamp())) % WEEK - 1


def _usual_hour(promotions: ibis.Table | None, as_of: datetime) -> int:
    """Whole hours from Monday 00:00 UTC to the hour in which most promotions before `as_of` begin."""
    if promotions is None:
        return 0
    hour = (_[Column.FROM_TS].epoch_seconds() // _HOUR).cast("int64")
    found = _begun(promotions, as_of).group_by(hour=hour).aggregate(count=_.count()).to_pyarrow()
    of_week = (found["hour"].to_numpy() - _FIRST_MONDAY // _HOUR) % (WEEK // _HOUR)
    return int(np.bincount(of_week, found["count"].to_numpy(), minlength=1).argmax())


def _begun(promotions: ibis.Table, as_of: datetime) -> ibis.Table:
    return promotions.filter(_[Column.FROM_TS].epoch_seconds() < int(as_of.timestamp()))


def promoted_cells(
    tables: Tables, past: History, level: str, cells: Cells, items: NDArray[np.str_]
) -> csr_array | None:
    """(cells, items) 1.0 where the item was promoted in that store and week; None where no table tells.

    `past` has the items of the level, and weeks are counted back from its moment. The promotions table decides:
    any of an item's products in that store, or in no named one; a table that names stores speaks of all of them
    where no basket has one. Without that table any purchase in that store and week that was `promoted` does.
    """
    announced = tables.promotions is not None
    promoted = _announced(tables, past.as_of, level, cells) if announced else _bought(past, cells.shift)
    if promoted is None:
        return None
    known = ibis.memtable(pa.table({Column.ITEM: items.tolist(), "item": np.arange(len(items))}))
    found = _in_cells(promoted, cells).inner_join(known, Column.ITEM).select("cell", "item").distinct()
    places = found.order_by("cell", "item").to_pyarrow()
    where = (places["cell"].to_numpy(), places["item"].to_numpy())
    return csr_array((np.ones(places.num_rows), where), shape=(len(cells.week), len(items)))


def visits(past: History) -> ibis.Table:
    """Customer, basket, `age`, `oldest` and `store` of every basket; one of two stores is in the lower.

    In seconds, `age` is that of the newest line and `oldest` that of the oldest.
    """
    rolled = past.roll_up(BASKET)
    assert rolled is not None, "features.dataset sees to it that there are transactions"
    store = _[Column.STORE].fill_null(NO_STORE) if Column.STORE in rolled.columns else ibis.literal(NO_STORE)
    named = rolled.select(Column.CUSTOMER, Column.BASKET, "age", **{Column.STORE: store})
    begun = past.tables["purchases"].group_by(Column.CUSTOMER, Column.BASKET).aggregate(oldest=_.age.max())
    return named.inner_join(begun, [Column.CUSTOMER, Column.BASKET])


def _announced(tables: Tables, as_of: datetime, level: str, cells: Cells) -> ibis.Table:
    """Item, week up to the oldest and, where the table names stores, store of every promotion before `as_of`.

    A promotion counts in the weeks of which it covers more than half (or just the first half), the week that
    `as_of` cuts taken as whole, and in the week of its own middle. So one of seven days counts in one week even
    when it begins some hours (a change of the clocks) or days off the usual moment, where by any overlap it would
    count in two, and one of a few days counts too.
    """
    assert tables.promotions is not None, "the caller has looked"
    last = int(as_of.timestamp()) + cells.shift
    begins, ends = (last - _[name].epoch_seconds().cast("int64") for name in (Column.FROM_TS, Column.TO_TS))
    middle, half = (begins + ends + 1) // 2 // WEEK, WEEK // 2
    running = (
        _begun(tables.promotions, as_of)
        .mutate(
            newest=ibis.greatest(ibis.least((ends + half) // WEEK, middle), 0),
            oldest=ibis.least(ibis.greatest((begins - half) // WEEK, middle), int(cells.week.max())),
        )
        .filter(_.oldest >= _.newest)
    )
    columns = [Column.ITEM, *(name for name in (Column.STORE,) if name in running.columns)]
    spans = raised(running, tables.items, level).select(*columns, "newest", "oldest").distinct()
    weeks = ibis.range(spans.newest.cast("int64"), spans.oldest.cast("int64") + 1, 1)
    return spans.select(*columns, week=weeks.unnest()).distinct()


def _bought(past: History, shift: int) -> ibis.Table | None:
    """Item, week and store of every basket with a promoted line of the item."""
    lines = past.roll_up(BASKET_ITEM)
    if lines is None or Column.PROMOTED not in lines.columns:
        return None
    promoted = lines.filter(_[Column.PROMOTED] > 0).select(Column.CUSTOMER, Column.BASKET, Column.ITEM)
    placed = promoted.inner_join(visits(past), [Column.CUSTOMER, Column.BASKET])
    return placed.select(Column.ITEM, Column.STORE, week=((_.age + shift) // WEEK).cast("int64")).distinct()


def _in_cells(promoted: ibis.Table, cells: Cells) -> ibis.Table:
    """Item and cell of each promotion."""
    told = {"cell": np.arange(len(cells.week)), Column.STORE: cells.store.tolist(), "week": cells.week}
    table = ibis.memtable(pa.table(told))
    if (cells.store == NO_STORE).all() or Column.STORE not in promoted.columns:
        return promoted.drop(*{Column.STORE} & set(promoted.columns)).inner_join(table, "week")
    named = promoted.filter(_[Column.STORE].notnull()).inner_join(table, [Column.STORE, "week"])
    everywhere = promoted.filter(_[Column.STORE].isnull()).drop(Column.STORE).inner_join(table, "week")
    return named.select(Column.ITEM, "cell").union(everywhere.select(Column.ITEM, "cell"))
