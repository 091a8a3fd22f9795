"""What happens after a moment: who leaves, and who buys what. The only module that looks past `as_of`."""

from datetime import datetime, timedelta

import ibis
from ibis import _

from features.columns import Column
from features.dataset import Churn, CrossSell
from features.errors import InputError
from features.item_level import raised
from features.tables import Tables

LABEL = "label"
"""Column of the label: 1.0 left, 0.0 stayed."""


def population(tables: Tables, churn: Churn, as_of: datetime) -> ibis.Table:
    """The customers a definition speaks of at `as_of`: one column, `customer_id`. Looks back only.

    Inactivity: who bought within `active_days` before. Explicit: who has not left yet; with a timeless label,
    everybody in the customers table.
    """
    if churn.label_column is None:
        assert churn.active_days is not None, "features.dataset sees to it"
        return _buyers(tables, as_of - timedelta(days=churn.active_days), as_of)
    customers = _customers(tables)
    if churn.label_column == Column.CHURNED_AT:
        left = customers[Column.CHURNED_AT]
        customers = customers.filter(left.isnull() | (left >= _moment(as_of)))
    return customers.select(Column.CUSTOMER)


def labels(tables: Tables, churn: Churn, as_of: datetime) -> ibis.Table:
    """`customer_id` and `label` for the whole population at `as_of`.

    1.0 for who bought nothing in `[as_of, as_of + horizon)` (inactivity), left within it (a date of leaving)
    or is marked as left (a timeless label); else 0.0. A return is no purchase.
    """
    people = population(tables, churn, as_of)
    if churn.label_column == Column.CHURNED:
        return _customers(tables).select(Column.CUSTOMER, label=_[Column.CHURNED].cast("float64"))
    assert churn.horizon_days is not None, "features.dataset sees to it"
    end = as_of + timedelta(days=churn.horizon_days)
    if churn.label_column is None:
        stayed = _buyers(tables, as_of, end)
        return people.mutate(label=(~_[Column.CUSTOMER].isin(stayed[Column.CUSTOMER])).cast("float64"))
    customers = _customers(tables)
    left = customers[Column.CHURNED_AT]
    gone = customers.filter((left >= _moment(as_of)) & (left < _moment(end)))
    return people.mutate(label=_[Column.CUSTOMER].isin(gone[Column.CUSTOMER]).cast("float64"))


def purchased(tables: Tables, cross_sell: CrossSell, as_of: datetime) -> ibis.Table:
    """Who buys which item in `[as_of, as_of + horizon)`: `customer_id` and `item_id`, each pair once.

    Items are those of the declared level; a return is no purchase.
    """
    bought = _lines(tables, as_of, as_of + timedelta(days=cross_sell.horizon_days))
    at_level = raised(bought.select(Column.CUSTOMER, Column.ITEM), tables.items, cross_sell.item_level)
    return at_level.distinct()


def _buyers(tables: Tables, start: datetime, end: datetime) -> ibis.Table:
    return _lines(tables, start, end).select(Column.CUSTOMER).distinct()


def _lines(tables: Tables, start: datetime, end: datetime) -> ibis.Table:
    """The purchases from `start` up to before `end`."""
    lines = tables.transactions
    assert lines is not None, "features.dataset sees to it"
    if Column.QUANTITY in lines.columns:
        lines = lines.filter((_[Column.QUANTITY] >= 0).fill_null(True))  # noqa: FBT003 - the value to fill in
    return lines.filter((lines[Column.TS] >= _moment(start)) & (lines[Column.TS] < _moment(end)))


def _customers(tables: Tables) -> ibis.Table:
    if tables.customers is None:
        raise InputError("explicit churn needs a customers table; map it under [tables.customers]")
    return tables.customers


def _moment(moment: datetime) -> ibis.Scalar:
    """The moment as canonical tables store it: UTC without a zone."""
    return ibis.timestamp(moment.replace(tzinfo=None))
