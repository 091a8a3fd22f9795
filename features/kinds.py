"""How a source column of any type is read as a kind of the contract, and what can be wrong with its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import ibis

from features.contract import Kind

MAX_ID = 128
"""Characters of an id: what a call of the service takes."""

_EARLIEST = datetime(1900, 1, 1)  # noqa: DTZ001 - canonical timestamps carry no zone; they mean UTC
_LAST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - as above
_DATE = r"^\d{4}[-/]\d"
_ZONE = r":\d{2}(\.\d+)?\s*(Z|[+-]\d{2}(:?\d{2})?|[A-Za-z][A-Za-z_/]+)$"
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")

RULES: Mapping[Kind, str] = {
    Kind.ID: "must be text of up to 128 characters or a whole number",
    Kind.TEXT: "must be text",
    Kind.TIMESTAMP: "must be a date or a time such as 2017-12-31 or 2017-12-31T10:00:00",
    Kind.NUMBER: "must be a number",
    Kind.FLAG: "must be true or false (or yes or no, 1 or 0)",
}
"""What a cell of each kind must be, in words."""

WAYS_OUT: Mapping[Kind, str] = {
    Kind.ID: "cast it to a whole number at the source or in sql, so that 17.0 becomes 17; shorten longer text",
    Kind.TEXT: "cast it in sql",
    Kind.TIMESTAMP: "convert it in sql, for example with strptime(column, '%d.%m.%Y')",
    Kind.NUMBER: "write numbers with a decimal point and nothing else, like 1234.50",
    Kind.FLAG: "convert it in sql",
}
"""How to mend a cell that is not of its kind."""


@dataclass(frozen=True)
class Fault:
    """A rule in words with its way out, and the `rows` that break it.

    `count` says how many break it where that is not simply how many `rows` are true.
    """

    rule: str
    way_out: str
    rows: ibis.Value
    count: ibis.Value | None = None

    @property
    def number(self) -> ibis.Value:
        """How many rows break the rule, as an aggregate."""
        return self.rows.sum().fill_null(0) if self.count is None else self.count


@dataclass(frozen=True)
class Reading:
    """A source column read as a kind: the canonical `value`, NULL where `empty`, and what can be wrong."""

    value: ibis.Value
    empty: ibis.Value
    faults: tuple[Fault, ...] = ()


def read(column: ibis.Column, kind: Kind, latest: datetime | None = None) -> Reading | None:
    """Read a column as a kind; None when no value of its type can be one.

    Text is stripped, and blank text and NaN are empty. Text is parsed; a timestamp without a zone is UTC. No
    timestamp may lie after `latest` (by default the year 9999) nor before 1900.
    """
    given = _given(column)
    found = _READERS[kind](given)
    if found is None:
        return None
    value, *broken = found
    faults = [Fault(RULES[kind], WAYS_OUT[kind], rows) for rows in broken]
    if kind is Kind.TIMESTAMP:
        value = _floored(value)
        faults += _time_faults(given, value, latest)
    return Reading(value, given.isnull(), tuple(faults))


def kind_of(dtype: ibis.DataType) -> Kind:
    """The kind that a column of this type is by itself."""
    if dtype.is_boolean():
        return Kind.FLAG
    if dtype.is_numeric():
        return Kind.NUMBER
    return Kind.TIMESTAMP if dtype.is_timestamp() or dtype.is_date() else Kind.TEXT


def _given(column: ibis.Column) -> ibis.Value:
    dtype = column.type()
    if dtype.is_unknown():  # such as a Parquet column that was all null when it was written
        column = column.cast("string")
    if column.type().is_string():
        return column.strip().nullif("")
    # not nullif(nan): DuckDB takes from Parquet statistics, which know no NaN, that nothing equals it
    return ibis.ifelse(column.isnan(), None, column) if dtype.is_floating() else column


def _floored(moment: ibis.Value) -> ibis.Value:
    """Whole seconds; through text for nanoseconds, since DuckDB rounds those."""
    if moment.type() == ibis.dtype("timestamp(9)"):
        moment = moment.cast("string").substr(0, len("2017-12-31 10:00:00"))
    return moment.cast("timestamp").truncate("s")


class _Reader(Protocol):
    def __call__(self, given: ibis.Value, /) -> tuple[ibis.Value, ...] | None:
        """The canonical value, then conditions that no row may meet."""


def _as_id(given: ibis.Value) -> tuple[ibis.Value, ...] | None:
    dtype = given.type()
    if dtype.is_string():
        return given, given.re_search(r"^-?\d+\.0+$") | (given.length() > MAX_ID)
    if dtype.is_integer() or dtype.is_uuid() or (dtype.is_decimal() and dtype.scale == 0):
        return (given.cast("string"),)
    return (given.cast("string"), given.notnull()) if dtype.is_floating() or dtype.is_decimal() else None


def _as_text(given: ibis.Value) -> tuple[ibis.Value, ...] | None:
    dtype = given.type()
    if dtype.is_string():
        return (given,)
    simple = dtype.is_numeric() or dtype.is_temporal() or dtype.is_uuid()
    return (given.cast("string"),) if simple else None


def _as_number(given: ibis.Value) -> tuple[ibis.Value, ...] | None:
    dtype = given.type()
    if dtype.is_string():
        number = given.try_cast("float64")
        return number, given.notnull() & (number.isnull() | number.isnan() | number.isinf())
    if dtype.is_floating():
        return given.cast("float64"), given.isinf()
    return (given.cast("float64"),) if dtype.is_numeric() and not dtype.is_boolean() else None


def _as_timestamp(given: ibis.Value) -> tuple[ibis.Value, ...] | None:
    dtype = given.type()
    if dtype.is_string():
        moment = ibis.ifelse(given.re_search(_DATE), given.try_cast("timestamp('UTC')"), None)
        return moment, given.notnull() & moment.isnull()
    return (given,) if dtype.is_timestamp() or dtype.is_date() else None


def _as_flag(given: ibis.Value) -> tuple[ibis.Value, ...] | None:
    dtype = given.type()
    if dtype.is_boolean():
        return (given,)
    if dtype.is_string():
        return _one_of(given.lower(), _TRUE, _FALSE)
    return _one_of(given, (1,), (0,)) if dtype.is_numeric() else None


def _one_of(given: ibis.Value, yes: tuple[object, ...], no: tuple[object, ...]) -> tuple[ibis.Value, ...]:
    return ibis.cases((given.isin(yes), True), (given.isin(no), False)), ~given.isin([*yes, *no])


_READERS: Mapping[Kind, _Reader] = {
    Kind.ID: _as_id,
    Kind.TEXT: _as_text,
    Kind.TIMESTAMP: _as_timestamp,
    Kind.NUMBER: _as_number,
    Kind.FLAG: _as_flag,
}


def _time_faults(given: ibis.Value, value: ibis.Value, latest: datetime | None) -> list[Fault]:
    limit = "after the year 9999" if latest is None else f"in the future (after {latest:%Y-%m-%dT%H:%M:%SZ})"
    last = _LAST if latest is None else latest.astimezone(UTC).replace(tzinfo=None)
    in_range = Fault(
        f"must not lie {limit} nor before 1900",
        "correct it, or leave it empty where it is not known",
        (value > last) | (value < _EARLIEST),
    )
    if not given.type().is_string():
        return [in_range]
    zoned = given.re_search(_ZONE)
    unzoned = Fault(
        "must have a time zone in all rows or in none",
        "add the zone to these, for example Z for UTC",
        ~zoned,
        count=ibis.ifelse(zoned.any(), (~zoned).sum(), 0).fill_null(0),
    )
    return [unzoned, in_range]
