"""What an item is: the level of the items table that is offered, with its names and its parents."""

from collections.abc import Sequence

import ibis
from ibis import _

from features.columns import Column, Table
from features.dataset import PRODUCT
from features.errors import InputError
from features.snapshot import History
from features.tables import Tables

PARENT = "parent"
"""Column of the item one level up, whose rate an item with little evidence of its own borrows."""

_LADDER = (PRODUCT, Column.TYPE, Column.CATEGORY, Column.DEPARTMENT)
_UNKNOWN = ""


def require_item_level(tables: Tables, level: str) -> None:
    """Raise `InputError` when the items table lacks the column of the level, or has no value in it."""
    if level == PRODUCT:
        return
    items = tables.items
    if items is None or level not in items.columns:
        found = ", ".join(_levels_of(items)) or "none"
        raise InputError(
            f'item_level = "{level}": the items table has no column of that name (there are: {found}); '
            "map it under [tables.items] or choose another level"
        )
    if not items[level].notnull().any().to_pyarrow().as_py():
        raise InputError(
            f'item_level = "{level}": every item has an empty {level}; fill the column or choose another level'
        )


def at_item_level(past: History, level: str) -> History:
    """The same history with the items of the level in place of products, in purchases and in returns.

    Lines of products that have no value at this level are left out: nothing could be offered in their place.
    """
    if level == PRODUCT:
        return past
    items = past.tables[Table.ITEMS]
    lines: dict[str, ibis.Table] = {
        name: raised(past.tables[name], items, level)
        for name in ("purchases", "returns")
        if name in past.tables
    }
    return History(past.as_of, {**past.tables, **lines})


def raised(lines: ibis.Table, items: ibis.Table | None, level: str) -> ibis.Table:
    """Lines whose `item_id` names an item of the level; lines whose product has none are left out."""
    if level == PRODUCT:
        return lines
    assert items is not None, "the level has been required"
    of_level = items.filter(_[level].notnull()).select(Column.ITEM, level_item=_[level])
    return lines.inner_join(of_level, Column.ITEM).drop(Column.ITEM).rename({Column.ITEM: "level_item"})


def finer_level(items: ibis.Table | None, level: str) -> str:
    """The level whose items are looked at to tell customers apart: one rung down the ladder, at last products."""
    below = _LADDER[1 : _LADDER.index(level)] if level in _LADDER[1:] else ()
    columns = () if items is None else items.columns
    return next((name for name in reversed(below) if name in columns), PRODUCT)


def catalogue(items: ibis.Table | None, level: str) -> ibis.Table:
    """The items of a level: `item_id`, `name` for people and `parent`, empty where there is none.

    The parent is the value that most of the item's products have in the next higher level that the table has.
    Without an items table nothing is known of any item: no rows.
    """
    if items is None:
        return ibis.memtable([], schema=dict.fromkeys((Column.ITEM, Column.NAME, PARENT), "string"))
    key = Column.ITEM if level == PRODUCT else level
    name = Column.NAME if level == PRODUCT and Column.NAME in items.columns else key
    parent = _parent_level(items.columns, level)
    known = items.filter(_[key].notnull())
    rows = known.select(
        **{Column.ITEM: _[key], Column.NAME: _[name].fill_null(known[key])},
        parent=_[parent].fill_null(_UNKNOWN) if parent else ibis.literal(_UNKNOWN),
    )
    counted = rows.group_by(Column.ITEM, PARENT).aggregate(products=_.count(), name=_[Column.NAME].min())
    order = ibis.window(group_by=Column.ITEM, order_by=(_[PARENT] == _UNKNOWN, ibis.desc("products"), PARENT))
    return (
        counted.mutate(place=ibis.row_number().over(order))
        .filter(_.place == 0)
        .select(Column.ITEM, Column.NAME, PARENT)
    )


def _parent_level(columns: Sequence[str], level: str) -> str | None:
    if level not in _LADDER:
        return Column.CATEGORY if Column.CATEGORY in columns else None
    higher = _LADDER[_LADDER.index(level) + 1 :]
    return next((name for name in higher if name in columns), None)


def _levels_of(items: ibis.Table | None) -> list[str]:
    levels = (Column.NAME, *_LADDER[1:], Column.BRAND)
    return [] if items is None else [name for name in levels if name in items.columns]
