"""What a feature is: a name, a unit, plain words and one formula over one grain of a customer's history.

A formula is an Ibis deferred expression, so it is data: it runs on every engine, prints as text, and that text
is what the fingerprint is made of. In a formula `_` is the grain's table and `_.column` names a column that it
needs; a formula whose columns a dataset lacks is left out, never filled.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import ibis
from ibis import Deferred

DAY = 86_400
"""Seconds in a day: ages are whole seconds before `as_of`."""

WINDOWS = (7, 14, 28, 56, 84, 168)
"""Days that windowed features look back."""

_COLUMN_OR_TEXT = re.compile(r"""(?<![\w.])_(?:\.(\w+)|\[(['"])(.+?)\2\])|(['"]).*?\4""")


class Unit(StrEnum):
    """How a value is read aloud, and what a customer without any row has."""

    COUNT = "count"
    MONEY = "money"
    DAYS = "days"
    SHARE = "share"
    RATIO = "ratio"
    HOURS = "hours"
    NUMBER = "number"
    LEVEL = "level"
    FLAG = "flag"

    @property
    def adds_up(self) -> bool:
        """True when nothing to add up means 0 (counts and money) and not unknown."""
        return self in {Unit.COUNT, Unit.MONEY}


@dataclass(frozen=True, eq=False)
class Grain:
    """Rows that features add up: one per customer and key (stage one).

    `rolls_up` is a table of the history or a finer grain, `columns` are aggregates per key, `then` are
    expressions over the rows of the grain (windows over one customer's rows among them), and `described_by` is
    a table that is joined by the key.
    """

    name: str
    rolls_up: "str | Grain"
    keys: Mapping[str, Deferred] = field(default_factory=dict)
    columns: Mapping[str, Deferred] = field(default_factory=dict)
    then: Mapping[str, Deferred] = field(default_factory=dict)
    described_by: str | None = None

    @property
    def definition(self) -> str:
        """The formulas as text, down to the history's table, for the fingerprint."""
        below = self.rolls_up if isinstance(self.rolls_up, str) else self.rolls_up.definition
        formulas = {**self.keys, **self.columns, **self.then}
        parts = [f"{name}={formula!r}" for name, formula in formulas.items()]
        return f"({below} by {sorted(self.keys)} with {self.described_by}: {', '.join(parts)})"


@dataclass(frozen=True, eq=False)
class Feature:
    """One column of a snapshot; float64, one value per customer.

    `words` is read aloud with the value in place of `{value}`; `levels` are the texts that the codes of a
    text attribute stand for. `grain` is None for a feature derived from other features.
    """

    name: str
    unit: Unit
    words: str
    formula: Deferred
    grain: Grain | None = None
    source: str = ""
    levels: tuple[str, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        """Columns of the grain (or features) that the formula reads."""
        return columns_of(self.formula)


def described(features: Iterable[Feature]) -> list[dict[str, object]]:
    """Name, unit, plain words, source and levels of each feature, as models and reasons need them."""
    return [
        {
            "name": feature.name,
            "unit": feature.unit.value,
            "words": feature.words,
            "source": feature.source,
            "levels": list(feature.levels),
        }
        for feature in features
    ]


def columns_of(formula: Deferred) -> frozenset[str]:
    """Names of the columns that a formula reads."""
    found = _COLUMN_OR_TEXT.findall(repr(formula))
    return frozenset(name or key for name, _, key, _ in found) - {""}


def within(days: int, age: Deferred) -> Deferred:
    """1.0 for a row younger than `days`, else 0.0."""
    return (age < days * DAY).cast("float64")


def between(newer: int, older: int, age: Deferred) -> Deferred:
    """1.0 for a row at least `newer` and less than `older` days old, else 0.0."""
    return ((age >= newer * DAY) & (age < older * DAY)).cast("float64")


def in_days(seconds: Deferred) -> Deferred:
    """Seconds as days."""
    return seconds.cast("float64") / DAY


def ratio(part: Deferred, whole: Deferred) -> Deferred:
    """`part / whole`, unknown where `whole` is 0."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def only_if(condition: Deferred, value: Deferred) -> Deferred:
    """`value` where the condition holds, else unknown."""
    return ibis.ifelse(condition, value.cast("float64"), None)
