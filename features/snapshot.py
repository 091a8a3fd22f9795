"""The features of every customer, item or pair of both at one moment. The only place that cuts off the future."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import Deferred, _

from features.columns import Column, Table
from features.definitions import Feature, Grain, columns_of
from features.grains import BASKET, BASKET_ITEM
from features.tables import Tables


@dataclass(frozen=True)
class History:
    """What was known at `as_of`: tables by name, each row with `age`, whole seconds before `as_of`, 1 or more.

    `purchases` are the transaction lines that are no returns, `returns` the others.
    """

    as_of: datetime
    tables: dict[str, ibis.Table]

    def roll_up(self, grain: Grain) -> ibis.Table | None:
        """One row per customer and key of the grain; None where its table or a key column is missing.

        Aggregates whose columns are missing are left out, and rows whose key is unknown are dropped.
        """
        rows = self._below(grain)
        if rows is None or len(_possible(grain.keys, rows)) < len(grain.keys):
            return None
        keys = {Column.CUSTOMER: _[Column.CUSTOMER], **grain.keys}
        rolled = rows.group_by(**keys).aggregate(**_possible(grain.columns, rows))
        rolled = rolled.filter(*(_[key].notnull() for key in grain.keys)) if grain.keys else rolled
        rolled = rolled.mutate(**then) if (then := _possible(grain.then, rolled)) else rolled
        described = self.tables.get(grain.described_by or "")
        return rolled if described is None else rolled.left_join(described, list(grain.keys))

    def _below(self, grain: Grain) -> ibis.Table | None:
        """What the grain adds up; of a table only the columns it reads, else engines keep whole rows to share."""
        if isinstance(grain.rolls_up, Grain):
            return self.roll_up(grain.rolls_up)
        table = self.tables.get(grain.rolls_up)
        needed = {Column.CUSTOMER}.union(*map(columns_of, (*grain.keys.values(), *grain.columns.values())))
        return None if table is None else table.select(*(name for name in table.columns if name in needed))


def history(tables: Tables, as_of: datetime) -> History:
    """Cut every table at `as_of`: only rows with `ts < as_of` are left.

    The customers table has no time of its own and is taken as it stands; its dates become ages in seconds,
    unknown where they are not past.
    """
    moments = {
        Table.CONTACTS: tables.contacts,
        Table.RESPONSES: tables.responses,
        Table.FEEDBACK: tables.feedback,
        Table.CONSENTS: tables.consents,
    }
    known = {name: _before(table, as_of) for name, table in moments.items() if table is not None}
    if tables.customers is not None:
        known[Table.CUSTOMERS] = _dates_as_ages(tables.customers, as_of)
    if tables.items is not None:
        known[Table.ITEMS] = tables.items
    if tables.transactions is not None:
        known |= _lines(tables.transactions, as_of)
    return History(as_of, known)


CUSTOMER = (Column.CUSTOMER,)
"""Key of a snapshot with a row a customer."""

ITEM = (Column.ITEM,)
"""Key of a snapshot with a row an item that anybody bought."""

PAIR = (Column.CUSTOMER, Column.ITEM)
"""Key of a snapshot with a row for each customer and item that they bought."""


def snapshot(past: History, features: Iterable[Feature], key: tuple[str, ...] = CUSTOMER) -> ibis.Table:
    """One row per customer (item, or pair of both) known at the history's `as_of`: the key, then float64 features.

    Guarantees that nothing at or after `as_of` matters, nor the order of rows. A feature whose tables or
    columns are missing is absent; a value that is not known is NULL.
    """
    offered = tuple(features)
    table = _known(past, key)
    for grain in dict.fromkeys(feature.grain for feature in offered if feature.grain is not None):
        sums = _sums(past, grain, [feature for feature in offered if feature.grain is grain], key)
        table = table if sums is None else table.left_join(sums, list(key), rname=f"{{name}}_{grain.name}")
    table = with_derived(
        _with_zeros(table, offered), [feature for feature in offered if feature.grain is None]
    )
    names = [feature.name for feature in offered if feature.name in table.columns]
    return table.select(*key, *(table[name].cast("float64").name(name) for name in names))


def with_derived(table: ibis.Table, features: list[Feature]) -> ibis.Table:
    """The table with every derived feature whose columns it has, whatever the order they are given in."""
    ready = [feature for feature in features if feature.needs <= set(table.columns)]
    if not ready:
        return table
    table = table.mutate(**{feature.name: feature.formula for feature in ready})
    return with_derived(table, [feature for feature in features if feature not in ready])


def _possible(formulas: Mapping[str, Deferred], rows: ibis.Table) -> dict[str, Deferred]:
    return {name: formula for name, formula in formulas.items() if columns_of(formula) <= set(rows.columns)}


def _age(moment: ibis.Value, as_of: datetime) -> ibis.Value:
    return int(as_of.timestamp()) - moment.epoch_seconds().cast("int64")


def _before(table: ibis.Table, as_of: datetime) -> ibis.Table:
    return table.mutate(age=_age(table[Column.TS], as_of)).filter(_.age > 0)


def _dates_as_ages(customers: ibis.Table, as_of: datetime) -> ibis.Table:
    dates = [name for name, dtype in customers.schema().items() if dtype.is_timestamp()]
    ages = {name: _age(customers[name], as_of) for name in dates}
    return customers.mutate(**{name: ibis.ifelse(age > 0, age, None) for name, age in ages.items()})


def _lines(transactions: ibis.Table, as_of: datetime) -> dict[str, ibis.Table]:
    lines = _before(transactions, as_of)
    if Column.QUANTITY not in lines.columns:
        return {"purchases": lines}
    returned = (_[Column.QUANTITY] < 0).fill_null(False)  # noqa: FBT003 - the value to fill in
    return {"purchases": lines.filter(~returned), "returns": lines.filter(returned)}


def _known(past: History, key: tuple[str, ...]) -> ibis.Table:
    rows = past.roll_up(BASKET if key == CUSTOMER else BASKET_ITEM)
    rows = past.tables[Table.CUSTOMERS] if rows is None else rows
    return rows.select(*key).distinct()


def _sums(past: History, grain: Grain, features: list[Feature], key: tuple[str, ...]) -> ibis.Table | None:
    rolled = past.roll_up(grain)
    if rolled is None:
        return None
    sums = {feature.name: feature.formula for feature in features if feature.needs <= set(rolled.columns)}
    return rolled.group_by(*key).aggregate(**sums) if sums else None


def _with_zeros(table: ibis.Table, features: Iterable[Feature]) -> ibis.Table:
    sums = [f.name for f in features if f.unit.adds_up and f.grain is not None and f.name in table.columns]
    return table.mutate(**{name: table[name].cast("float64").fill_null(0.0) for name in sums})
