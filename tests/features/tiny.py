"""Tiny datasets: tables written by hand, declared, checked and loaded as a user would.

A moment is written as its age at `AS_OF`: `@28` lies 28 days before it, `@28+1s` a second before that, `@28-1s` a
second later, `@0` at `AS_OF` itself and `@-1` a day after it.
"""

import random
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pytest

from features.columns import Column
from features.customer import FAMILIES
from features.feature_set import features_at
from features.workspace import Workspace, open_workspace
from tests.features.shop import INACTIVITY, declare

AS_OF = datetime(2024, 4, 1, tzinfo=UTC)
"""A Monday at midnight."""

Row = Mapping[str, float | None]

_AGE = re.compile(r"@(-?[\d.]+)(?:([+-]\d+)s)?")


def ago(days: float, seconds: int = 0) -> datetime:
    """The moment that lies this long before `AS_OF`."""
    return AS_OF - timedelta(days=days, seconds=seconds)


def open_tiny(folder: Path, churn: str = INACTIVITY, attributes: str = "", **tables: str) -> Workspace:
    """Write each table as CSV with its rows shuffled, declare them all, and open the dataset."""
    sources = "".join(f'[sources.{name}]\npath = "{name}.csv"\n' for name in tables)
    mapped = "".join(f'[tables.{name}]\nsource = "{name}"\n' for name in tables)
    declaration = f"{churn}{sources}{mapped}[attributes]\n{attributes}"
    dataset = declare(folder, declaration, **{name: _shuffled(_dated(text)) for name, text in tables.items()})
    return open_workspace(dataset.path, folder / "workspace")


def rows_of(table: ibis.Table | None) -> list[dict[str, object]]:
    """The rows of a table, ordered by all their columns."""
    assert table is not None
    rows: list[dict[str, object]] = table.to_pyarrow().to_pylist()
    return sorted(rows, key=repr)


def known(opened: Workspace, as_of: datetime = AS_OF) -> dict[str, Row]:
    """The snapshot: every customer's features by name; None is unknown."""
    rows = features_at(opened.tables, opened.features, as_of).to_pyarrow().to_pylist()
    return {row.pop(Column.CUSTOMER): row for row in rows}


def of_family(row: Row, family: str) -> dict[str, float | None]:
    """A customer's values of one family of features."""
    return {feature.name: row[feature.name] for feature in FAMILIES[family]}


def some(row: Row, names: Collection[str]) -> dict[str, float | None]:
    """A customer's values of the features named."""
    return {name: row[name] for name in names}


def nearly(expected: Row) -> dict[str, object]:
    """Equal but for the rounding of floats."""
    return {
        name: value if value is None else pytest.approx(value, rel=1e-12) for name, value in expected.items()
    }


def _dated(text: str) -> str:
    return _AGE.sub(lambda age: f"{ago(float(age[1]), int(age[2] or 0)):%Y-%m-%dT%H:%M:%SZ}", text)


def _shuffled(text: str) -> str:
    header, *rows = text.splitlines()
    random.Random(7).shuffle(rows)
    return "\n".join([header, *rows]) + "\n"
