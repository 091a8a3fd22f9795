"""The declaration of a dataset, `dataset.toml`: where its tables are, what churn means, what levels mean."""

import codecs
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from features.columns import Column, Table
from features.contract import CONTRACT, choice
from features.errors import InputError

_Text = Annotated[str, Field(min_length=1)]
_Days = Annotated[int, Field(ge=1, le=3650)]

PRODUCT = "product"
"""The item level at which an item is what `item_id` names."""

ITEM_LEVELS = (PRODUCT, Column.NAME, Column.TYPE, Column.CATEGORY, Column.DEPARTMENT, Column.BRAND)
"""What an item can be; all but the first are columns of the items table."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Churn(_Section):
    """What churn means here.

    Inactivity: bought within `active_days` before the moment and nothing within `horizon_days` after it.
    Explicit: the customers table says it, as a date (`churned_at`, with `horizon_days`) or as a timeless
    label (`churned`, without).
    """

    kind: Literal["inactivity", "explicit"]
    active_days: _Days | None = None
    horizon_days: _Days | None = None

    @property
    def label_column(self) -> str | None:
        """The column of the customers table that says who left; None for inactivity."""
        if self.kind == "inactivity":
            return None
        return Column.CHURNED_AT if self.horizon_days else Column.CHURNED

    @model_validator(mode="after")
    def _days_fit_the_kind(self) -> "Churn":
        if self.kind == "inactivity" and not (self.active_days and self.horizon_days):
            raise ValueError('kind = "inactivity" needs both active_days and horizon_days')
        if self.kind == "explicit" and self.active_days:
            raise ValueError('active_days belongs to kind = "inactivity" only; leave it out')
        return self


class Snapshots(_Section):
    """How far apart in time the snapshots are that models learn from."""

    every_days: _Days = 7


class CrossSell(_Section):
    """What may be offered to a customer next, and how far ahead to look.

    `item_level` is what an item is: `product`, or a column of the items table such as `type` or `category`. An
    item that a customer has not bought within `new_after_days` is new to them. `segment` names a declared text
    attribute: customers without a history are offered what is popular among those of the same level. The sources
    of candidates named in `without_sources` propose nothing.
    """

    item_level: _Text
    horizon_days: _Days
    new_after_days: _Days = 365
    segment: _Text | None = None
    without_sources: list[_Text] = Field(default_factory=list)


class Bundles(_Section):
    """What the items of a bundle are: `item_level` is one as in `CrossSell`, and may be another than there."""

    item_level: _Text


class Source(_Section):
    """One named source: a Parquet or CSV file at `path`, or `table` in `database`.

    `path` is relative to the declaration, or `package:name/file` for a file of an installed Python package.
    `database` is any SQLAlchemy URL, with `${NAME}` taken from the environment, and `table` may name a schema
    (`schema.table`); DuckDB itself reads `duckdb:///file`.
    """

    path: _Text | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: _Text = "utf-8"
    database: _Text | None = None
    table: _Text | None = None

    @property
    def suffix(self) -> str:
        """Suffix of the file, in lower case."""
        return PurePosixPath(self.path or "").suffix.lower()

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError(
                f'"{name}" is no encoding; common ones are utf-8, cp1252, latin-1 and utf-16'
            ) from None
        return name

    @model_validator(mode="after")
    def _is_one_source(self) -> "Source":
        if (self.path is None) == (self.database is None) or (self.database is None) != (self.table is None):
            raise ValueError("give either path, or database and table")
        if self.path and not re.match(r"(?!package:)|package:\w+/.", self.path):
            raise ValueError(f'"{self.path}" must be written as package:name/folder/file')
        if self.path and self.suffix not in {".csv", ".parquet"}:
            raise ValueError(f'"{self.path}" must end in .csv or .parquet')
        if self.suffix != ".csv" and {"delimiter", "encoding"} & self.model_fields_set:
            raise ValueError("delimiter and encoding are for CSV files only")
        return self


class TableSource(_Section):
    """Where one contract table comes from: a named `source`, or `sql`, one DuckDB SELECT over them.

    `columns` maps contract columns to source columns; one that has the contract's own name needs no entry.
    """

    source: _Text | None = None
    sql: _Text | None = None
    columns: dict[str, _Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_origin(self) -> "TableSource":
        if (self.source is None) == (self.sql is None):
            raise ValueError("give exactly one of source and sql")
        return self


class Dataset(_Section):
    """A whole declaration. `attributes` are text attributes of customers with their levels in order."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    churn: Churn
    snapshots: Snapshots = Snapshots()
    cross_sell: CrossSell | None = None
    bundles: Bundles | None = None
    sources: dict[Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")], Source]
    tables: dict[str, TableSource]
    attributes: dict[str, Annotated[list[_Text], Field(min_length=1)]] = Field(default_factory=dict)
    _path: Path = PrivateAttr(default=Path("dataset.toml"))

    @property
    def path(self) -> Path:
        """The file that this was read from."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder of that file: relative paths start here."""
        return self._path.parent

    @model_validator(mode="after")
    def _names_are_known(self) -> "Dataset":
        problems = [
            *self._table_problems(),
            *self._attribute_problems(),
            *self._level_problems(),
            *self._segment_problems(),
        ]
        needed = Table.TRANSACTIONS if self.churn.label_column is None else Table.CUSTOMERS
        if needed not in self.tables:
            problems.append(f'churn of kind "{self.churn.kind}" needs [tables.{needed}]')
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _table_problems(self) -> Iterator[str]:
        for name, table in self.tables.items():
            if name not in CONTRACT:
                yield f"[tables.{name}] is no table of the contract{choice(name, CONTRACT)}"
                continue
            if table.source is not None and table.source not in self.sources:
                nearest = choice(table.source, self.sources)
                yield f'[tables.{name}] source "{table.source}" is not under [sources]{nearest}'
            columns = CONTRACT[name].columns
            for column in table.columns:
                if column not in columns:
                    nearest = choice(column, columns)
                    yield f"[tables.{name}] {column} is no column of the contract{nearest}"

    def _attribute_problems(self) -> Iterator[str]:
        if self.attributes and Table.CUSTOMERS not in self.tables:
            yield "[attributes] describes columns of customers, but there is no [tables.customers]"
        for name, levels in self.attributes.items():
            if name in CONTRACT[Table.CUSTOMERS].columns:
                yield f"[attributes] {name} is a column of the contract and no attribute"
            if len(set(levels)) < len(levels):
                yield f"[attributes] {name} lists a level twice"

    def _level_problems(self) -> Iterator[str]:
        sections = {"cross_sell": self.cross_sell, "bundles": self.bundles}
        levels = {name: section.item_level for name, section in sections.items() if section is not None}
        for section, level in levels.items():
            if level not in ITEM_LEVELS:
                yield f'[{section}] item_level = "{level}" is no item level{choice(level, ITEM_LEVELS)}'
            needed = [Table.TRANSACTIONS] if level == PRODUCT else [Table.TRANSACTIONS, Table.ITEMS]
            for table in needed:
                if table not in self.tables:
                    yield f'[{section}] with item_level = "{level}" needs [tables.{table}]'

    def _segment_problems(self) -> Iterator[str]:
        segment = None if self.cross_sell is None else self.cross_sell.segment
        if segment is not None and segment not in self.attributes:
            nearest = choice(segment, self.attributes)
            yield f'[cross_sell] segment = "{segment}" is not under [attributes]{nearest}'


def read_dataset(path: Path) -> Dataset:
    """Read and check a declaration; nothing that it names is opened yet.

    Raises `InputError` with every problem in one sentence.
    """
    try:
        dataset = Dataset.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(
            f"cannot read the dataset {path}: {error.strerror}; give the path of a dataset.toml"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no valid TOML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(_in_words(detail) for detail in error.errors())
        raise InputError(f"{path} cannot be used: {problems}") from error
    dataset._path = path.resolve()  # noqa: SLF001 - the path is no key of the file, so pydantic cannot set it
    return dataset


def _in_words(detail: ErrorDetails) -> str:
    place = detail["loc"]
    if detail["type"] == "extra_forbidden":
        *section, key = place
        return f"{_section(section)}{key} is an unknown key{choice(str(key), _keys(section))}"
    if detail["type"] == "missing":
        *section, key = place
        return f"{_section(section)}{key} is missing"
    if detail["type"] == "value_error":
        return _section(place) + str(detail["ctx"]["error"])
    return f"{_section(place[:-1])}{place[-1]}: {detail['msg']}, not {detail['input']!r}"


def _section(place: Sequence[int | str]) -> str:
    return f"[{'.'.join(map(str, place))}] " if place else ""


def _keys(section: list[int | str]) -> list[str]:
    """Keys that a section of the file may have."""
    sections: dict[int | str, type[_Section]] = {
        "churn": Churn,
        "snapshots": Snapshots,
        "cross_sell": CrossSell,
        "bundles": Bundles,
        "sources": Source,
        "tables": TableSource,
    }
    return list((sections[section[0]] if section else Dataset).model_fields)
