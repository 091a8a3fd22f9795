"""What an item is worth in a basket: the price that is paid for it and the margin that is left."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from features.columns import Column, Table
from features.interactions import Floats
from features.item_level import raised
from features.snapshot import History, history
from features.tables import Tables

_COST = "cost_of_line"


@dataclass(frozen=True)
class ItemValues:
    """Of each item, in the currency of the dataset; NaN for unknown."""

    price: Floats
    """(items,) what customers paid for it in a basket that holds it, after discounts, on average."""
    margin: Floats
    """(items,) that price less the cost of the units, on average over baskets whose cost is known."""


def item_values(tables: Tables, level: str, as_of: datetime, items: NDArray[np.str_]) -> ItemValues:
    """Values of these items of a level, from purchases before `as_of`.

    The cost of a line is its quantity, 1 where none is given, times the `unit_cost` of its product.
    """
    past = history(tables, as_of)
    lines = raised(_with_cost(past), past.tables.get(Table.ITEMS), level)
    in_baskets = lines.group_by(Column.ITEM, Column.CUSTOMER, Column.BASKET).aggregate(
        paid=_[Column.AMOUNT].sum().cast("float64"),
        cost=ibis.ifelse(_[_COST].isnull().any(), None, _[_COST].sum()).cast("float64"),
    )
    found = in_baskets.group_by(Column.ITEM).aggregate(price=_.paid.mean(), margin=(_.paid - _.cost).mean())
    columns = found.to_pyarrow().to_pydict()
    return ItemValues(*(_of(items, columns[Column.ITEM], columns[name]) for name in ("price", "margin")))


def _with_cost(past: History) -> ibis.Table:
    lines, items = past.tables["purchases"], past.tables.get(Table.ITEMS)
    if items is None or Column.UNIT_COST not in items.columns:
        return lines.mutate(**{_COST: ibis.null("float64")})
    units = lines[Column.QUANTITY].cast("float64").fill_null(1.0) if Column.QUANTITY in lines.columns else 1.0
    counted = lines.mutate(units=units)
    costs = items.select(Column.ITEM, Column.UNIT_COST)
    joined = counted.left_join(costs, Column.ITEM, rname="{name}_of_item")
    return joined.mutate(**{_COST: _.units * _[Column.UNIT_COST].cast("float64")})


def _of(items: NDArray[np.str_], known: list[str], values: list[float | None]) -> Floats:
    by_item = dict(zip(known, values, strict=True))
    return np.array([np.nan if (value := by_item.get(item)) is None else value for item in items.tolist()])
