"""Features from the customers table: one per numeric, yes/no, date or declared text attribute."""

from collections.abc import Mapping, Sequence

import ibis
from ibis import Deferred, _

from features.columns import Column, Table
from features.definitions import DAY, Feature, Grain, Unit

_CONTRACT = frozenset({Column.CUSTOMER, Column.CHURNED, Column.CHURNED_AT})


def attribute_names(customers: ibis.Table) -> list[str]:
    """Columns of the customers table that are attributes and not part of the contract."""
    return [name for name in customers.columns if name not in _CONTRACT]


def attribute_features(customers: ibis.Table, levels: Mapping[str, Sequence[str]]) -> tuple[Feature, ...]:
    """One feature per attribute, named `attribute_<column>`.

    Numbers stay as they are, yes/no becomes 1/0, a date becomes the days since then (unknown when it is not
    past), and a text attribute the place of its level in the declared order, counted from 0. Text without
    declared levels is left out.
    """
    schema = customers.schema()
    encoded = {
        name: code
        for name in attribute_names(customers)
        if (code := _encoded(name, schema[name], levels.get(name))) is not None
    }
    grain = Grain(
        "customer", rolls_up=Table.CUSTOMERS, columns={n: code.max() for n, code in encoded.items()}
    )
    return tuple(_feature(name, schema[name], tuple(levels.get(name, ())), grain) for name in encoded)


def _encoded(name: str, dtype: ibis.DataType, levels: Sequence[str] | None) -> Deferred | None:
    if dtype.is_string():
        if levels is None:
            return None
        return ibis.cases(*((_[name] == level, code) for code, level in enumerate(levels))).cast("float64")
    return (_[name].cast("float64") / DAY) if dtype.is_timestamp() else _[name].cast("float64")


def _feature(name: str, dtype: ibis.DataType, levels: tuple[str, ...], grain: Grain) -> Feature:
    spoken = name.replace("_", " ")
    formula = _[name].max()
    feature = f"attribute_{name}"
    if dtype.is_string():
        return Feature(feature, Unit.LEVEL, f"{spoken}: {{value}}", formula, grain, levels=levels)
    if dtype.is_timestamp():
        return Feature(feature, Unit.DAYS, f"{spoken} was {{value}} ago", formula, grain)
    unit = Unit.FLAG if dtype.is_boolean() else Unit.NUMBER
    return Feature(feature, unit, f"{spoken}: {{value}}", formula, grain)
