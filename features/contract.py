"""The data contract: which tables there are, which columns each has and what a cell may hold."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from features.columns import Column, Table


class Kind(StrEnum):
    """What a cell holds, and as what it is stored.

    `ID` and `TEXT` are strings (an id is never a decimal number), `TIMESTAMP` is UTC in whole seconds and
    carries no zone, `NUMBER` is float64, `FLAG` is boolean.
    """

    ID = "id"
    TEXT = "text"
    TIMESTAMP = "timestamp"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True)
class ColumnContract:
    """One column: a `required` one must be there, a `filled` one has no empty cell.

    `planned` timestamps may lie in the future.
    """

    kind: Kind
    required: bool = False
    filled: bool = False
    planned: bool = False


@dataclass(frozen=True)
class TableContract:
    """The columns of one table. `key` is unique; `attributes` says that further columns are kept."""

    columns: Mapping[str, ColumnContract]
    key: str | None = None
    attributes: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(name for name, column in self.columns.items() if column.required)

    def requiring(self, name: str, *, filled: bool) -> "TableContract":
        """The same contract where the optional column `name` must be there."""
        column = replace(self.columns[name], required=True, filled=filled)
        return replace(self, columns={**self.columns, name: column})


_ID = ColumnContract(Kind.ID)
_TEXT = ColumnContract(Kind.TEXT)
_NUMBER = ColumnContract(Kind.NUMBER)
_FLAG = ColumnContract(Kind.FLAG)
_TIMESTAMP = ColumnContract(Kind.TIMESTAMP)
_PLANNED = ColumnContract(Kind.TIMESTAMP, planned=True)


def _must(column: ColumnContract) -> ColumnContract:
    return replace(column, required=True, filled=True)


CONTRACT: Mapping[str, TableContract] = {
    Table.TRANSACTIONS: TableContract(
        {
            Column.CUSTOMER: _must(_ID),
            Column.BASKET: _must(_ID),
            Column.TS: _must(_TIMESTAMP),
            Column.ITEM: _must(_ID),
            Column.AMOUNT: _must(_NUMBER),
            Column.QUANTITY: _NUMBER,
            Column.DISCOUNT: _NUMBER,
            Column.CHANNEL: _TEXT,
            Column.STORE: _ID,
            Column.PROMOTED: _FLAG,
        }
    ),
    Table.PROMOTIONS: TableContract(
        {
            Column.ITEM: _must(_ID),
            Column.FROM_TS: _must(_PLANNED),
            Column.TO_TS: _must(_PLANNED),
            Column.STORE: _ID,
            Column.KIND: _TEXT,
        }
    ),
    Table.ITEMS: TableContract(
        {
            Column.ITEM: _must(_ID),
            Column.NAME: _TEXT,
            Column.TYPE: _TEXT,
            Column.CATEGORY: _TEXT,
            Column.DEPARTMENT: _TEXT,
            Column.BRAND: _TEXT,
            Column.PRICE: _NUMBER,
            Column.UNIT_COST: _NUMBER,
        },
        key=Column.ITEM,
    ),
    Table.CUSTOMERS: TableContract(
        {Column.CUSTOMER: _must(_ID), Column.CHURNED_AT: _TIMESTAMP, Column.CHURNED: _FLAG},
        key=Column.CUSTOMER,
        attributes=True,
    ),
    Table.CONTACTS: TableContract(
        {
            Column.CUSTOMER: _must(_ID),
            Column.TS: _must(_TIMESTAMP),
            Column.OFFER: _must(_ID),
            Column.CHANNEL: _TEXT,
            Column.TREATED: _FLAG,
            Column.COST: _NUMBER,
        }
    ),
    Table.RESPONSES: TableContract(
        {
            Column.CUSTOMER: _must(_ID),
            Column.TS: _must(_TIMESTAMP),
            Column.OFFER: _must(_ID),
            Column.KIND: _TEXT,
            Column.VALUE: _NUMBER,
        }
    ),
    Table.FEEDBACK: TableContract(
        {
            Column.CUSTOMER: _must(_ID),
            Column.TS: _must(_TIMESTAMP),
            Column.KIND: _must(_TEXT),
            Column.SCORE: _NUMBER,
            Column.TOPIC: _TEXT,
        }
    ),
    Table.CONSENTS: TableContract(
        {
            Column.CUSTOMER: _must(_ID),
            Column.CHANNEL: _must(_TEXT),
            Column.PURPOSE: _must(_TEXT),
            Column.GRANTED: _must(_FLAG),
            Column.TS: _must(_TIMESTAMP),
        }
    ),
}
"""Every table of the contract by name, its columns in canonical order."""


def did_you_mean(name: str, known: Collection[str]) -> str:
    """` (did you mean "x"?)` for the nearest of the known names, or nothing; for error messages."""
    folded = {word.casefold(): word for word in known}
    nearest = difflib.get_close_matches(name.casefold(), folded, n=1)
    return f' (did you mean "{folded[nearest[0]]}"?)' if nearest else ""


def choice(name: str, known: Collection[str]) -> str:
    """The nearest of the known names, or else all of them; for error messages."""
    return did_you_mean(name, known) or f" (known: {', '.join(known) or 'none'})"
