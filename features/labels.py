"""Who a churn definition speaks of, and who left. The only module that looks past `as_of`."""

from datetime import datetime, timedelta

import ibis
from ibis import _

from features.columns import Column
from features.dataset import Churn
from features.errors import InputError
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


def _buyers(tables: Tables, start: datetime, end: datetime) -> ibis.Table:
    lines = tables.transactions
    assert lines is not None, "features.dataset sees to it"
    if Column.QUANTITY in lines.columns:
        lines = lines.filter((_[Column.QUANTITY] >= 0).fill_null(True))  # noqa: FBT003 - the value to fill in
    within = (lines[Column.TS] >= _moment(start)) & (lines[Column.TS] < _moment(end))
    return lines.filter(within).select(Column.CUSTOMER).distinct()


def _customers(tables: Tables) -> ibis.Table:
    if tables.customers is None:
        raise InputError("explicit churn needs a customers table; map it under [tables.customers]")
    return tables.customers


def _moment(moment: datetime) -> ibis.Scalar:
    """The moment as canonical tables store it: UTC without a zone."""
    return ibis.timestamp(moment.replace(tzinfo=None))
