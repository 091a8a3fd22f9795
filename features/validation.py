"""Checks the raw rows of one table against the contract and gives the canonical rows.

All rules of a table are counted in one aggregate query; only a broken one costs another, for its examples.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis

from features.columns import Column, Table
from features.contract import ColumnContract, Kind, TableContract, did_you_mean
from features.errors import InputError
from features.kinds import RULES, WAYS_OUT, Fault, Reading, kind_of, read
from features.sources import RawTable, reading_source

_EXAMPLES = 3
_SHOWN = 4
_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Expected:
    """What a dataset says about one table: its contract, its mapped columns and the levels of attributes.

    `now` is the moment of the check.
    """

    table: str
    contract: TableContract
    mapped: Mapping[str, str]
    levels: Mapping[str, Sequence[str]]
    now: datetime


@dataclass(frozen=True)
class _Finding:
    """A fault of a column; its examples show the columns of `shows`."""

    column: str
    fault: Fault
    shows: Sequence[str]


def canonical(raw: RawTable, expected: Expected) -> ibis.Table:
    """The rows with the contract's columns in its order, typed, then the attributes; not yet executed.

    Raises `InputError` with one sentence that names the table, the column, the rule, how many rows break it,
    the first of them and the way out.
    """
    names = _source_columns(raw, expected)
    contracts = _column_contracts(raw, expected, names)
    readings = {
        name: _reading(raw, expected, name, names[name], column) for name, column in contracts.items()
    }
    findings = list(_findings(expected, contracts, readings))
    _refuse_broken(raw, expected, names, findings)
    return raw.rows.select(**{name: reading.value for name, reading in readings.items()})


def _source_columns(raw: RawTable, expected: Expected) -> dict[str, str]:
    """Contract column or attribute -> source column, for all that are there."""
    found, contract = raw.rows.columns, expected.contract
    own = {source.casefold(): source for source in found}
    names = {
        name: expected.mapped.get(name, own.get(name, name))
        for name in contract.columns
        if name in expected.mapped or name in own or name in contract.required
    }
    if contract.attributes:
        taken = {word.casefold() for word in (*names, *names.values())}
        names |= {source: source for folded, source in own.items() if folded not in taken}
    _refuse_missing(raw, expected, {**dict(zip(expected.levels, expected.levels, strict=True)), **names})
    return names


def _refuse_missing(raw: RawTable, expected: Expected, names: Mapping[str, str]) -> None:
    found = raw.rows.columns
    missing = [
        (f"no column {name}" if name == source else f'no column "{source}" for {name}')
        + did_you_mean(source, found)
        for name, source in names.items()
        if source not in found
    ]
    if missing:
        way_out = f"correct the names in the mapping of [tables.{expected.table}]"
        told = f"{expected.table} has {' and '.join(missing)}"
        raise InputError(f"{told}; {raw.origin} has {', '.join(found)}: {way_out}")


def _column_contracts(raw: RawTable, expected: Expected, names: Iterable[str]) -> dict[str, ColumnContract]:
    """The contract of each column. An attribute keeps its type; one of text without types is what it says."""
    told, schema = expected.contract.columns, raw.rows.schema()
    attributes = [name for name in names if name not in told]
    kinds = {name: kind_of(schema[name]) for name in attributes}
    if raw.as_text and attributes:
        kinds |= _kinds_of_text(raw, attributes)
    kinds |= dict.fromkeys(expected.levels, Kind.TEXT)
    return {name: told[name] if name in told else ColumnContract(kinds[name], planned=True) for name in names}


def _kinds_of_text(raw: RawTable, columns: Sequence[str]) -> dict[str, Kind]:
    """The last kind that every filled cell of a column can be read as; columns of mere text are left out."""
    readings = {
        (name, kind): reading
        for name in columns
        for kind in (Kind.TIMESTAMP, Kind.FLAG, Kind.NUMBER)
        if (reading := read(raw.rows[name], kind)) is not None
    }
    fits = [
        (~reading.empty).any() & (sum((fault.number for fault in reading.faults), ibis.literal(0)) == 0)
        for reading in readings.values()
    ]
    return {name: kind for (name, kind), fit in zip(readings, _evaluate(raw, fits), strict=True) if fit}


def _evaluate(raw: RawTable, aggregates: Sequence[ibis.Value]) -> list[int]:
    """All aggregates of the rows in one query."""
    named = {f"aggregate_{place}": aggregate for place, aggregate in enumerate(aggregates)}
    with reading_source(raw.origin):
        (row,) = raw.rows.aggregate(**named).to_pyarrow().to_pylist()
    return [row[name] for name in named]


def _reading(raw: RawTable, expected: Expected, name: str, source: str, column: ColumnContract) -> Reading:
    latest = None if column.planned else expected.now + _AHEAD
    reading = read(raw.rows[source], column.kind, latest)
    if reading is None:
        found = f'column "{source}" of {raw.origin} has the type {raw.rows[source].type()}'
        raise InputError(
            f"{expected.table}.{name} {RULES[column.kind]}, but {found}; {WAYS_OUT[column.kind]}"
        )
    return reading


def _findings(
    expected: Expected, contracts: Mapping[str, ColumnContract], readings: Mapping[str, Reading]
) -> Iterator[_Finding]:
    """Everything that may be wrong, in the order in which it is told."""
    for name, reading in readings.items():
        if contracts[name].filled:
            others = [other for other in readings if other != name][:_SHOWN]
            fault = Fault("must not be empty", "fill these rows or leave them out", reading.empty)
            yield _Finding(name, fault, others)
        for fault in reading.faults:
            yield _Finding(name, fault, [name])
    values = {name: reading.value for name, reading in readings.items()}
    for name, levels in expected.levels.items():
        rule = "must be one of its levels under [attributes]"
        yield _Finding(name, Fault(rule, "correct it or add the level", ~values[name].isin(levels)), [name])
    if expected.contract.key is not None:
        yield _repeated(expected.contract.key, values)
    if expected.table == Table.TRANSACTIONS:
        yield _negative(values)
    if expected.table == Table.PROMOTIONS:
        turned = values[Column.TO_TS] < values[Column.FROM_TS]
        fault = Fault("must not lie before from_ts", "swap the two", turned)
        yield _Finding(Column.TO_TS, fault, [Column.FROM_TS, Column.TO_TS])


def _repeated(key: str, values: Mapping[str, ibis.Value]) -> _Finding:
    again = ibis.row_number().over(ibis.window(group_by=values[key])) == 1
    count = values[key].count() - values[key].nunique()
    return _Finding(key, Fault("must be unique", "keep one row of each", again, count), [key])


def _negative(values: Mapping[str, ibis.Value]) -> _Finding:
    negative = values[Column.AMOUNT] < 0
    if Column.QUANTITY in values:
        negative &= (values[Column.QUANTITY] >= 0) | values[Column.QUANTITY].isnull()
    rule = "must not be negative unless the line is a return (quantity below 0)"
    shows = [name for name in (Column.AMOUNT, Column.QUANTITY) if name in values]
    return _Finding(Column.AMOUNT, Fault(rule, "give returns a negative quantity", negative), shows)


def _refuse_broken(
    raw: RawTable, expected: Expected, names: Mapping[str, str], findings: Sequence[_Finding]
) -> None:
    total, *counts = _evaluate(raw, [raw.rows.count(), *(finding.fault.number for finding in findings)])
    if not total:
        way_out = f"fill it or leave [tables.{expected.table}] out"
        raise InputError(f"{expected.table} has no rows: {raw.origin} is empty; {way_out}")
    for finding, count in zip(findings, counts, strict=True):
        if count:
            column = f'column "{names[finding.column]}" of {raw.origin}'
            broken = f"{count:,} of {total:,} rows break{'s' if count == 1 else ''} this"
            rule = f"{expected.table}.{finding.column} {finding.fault.rule}"
            raise InputError(
                f"{rule}: {broken}, {_examples(raw, names, finding)}({column}); {finding.fault.way_out}"
            )


def _examples(raw: RawTable, names: Mapping[str, str], finding: _Finding) -> str:
    """The first broken rows in words, as they were found."""
    if not finding.shows:
        return ""
    shown = {name: raw.rows[names[name]].cast("string") for name in finding.shows}
    with reading_source(raw.origin):
        rows = raw.rows.filter(finding.fault.rows).select(**shown).limit(_EXAMPLES).to_pyarrow().to_pylist()
    if len(shown) == 1:
        return f"first {', '.join(repr(value) for row in rows for value in row.values())} "
    said = (", ".join(f"{name}={value!r}" for name, value in row.items()) for row in rows)
    return f"first {'; '.join(said)} "
