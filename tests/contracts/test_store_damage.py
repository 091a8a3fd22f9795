"""An altered file is never answered from as if it were whole."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.store import SqliteStore, StoreError
from tests.contracts.test_store import ROWS as CUSTOMERS
from tests.contracts.test_store_candidates import INFO, ITEMS, POPULAR, ROWS, bits, found, published

Value = TypeVar("Value")


@cache
def whole() -> bytes:
    """A published file."""
    with TemporaryDirectory() as folder:
        published(Path(folder, "online.sqlite")).close()
        return Path(folder, "online.sqlite").read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "online.sqlite").write_bytes(whole())
    return tmp_path / "online.sqlite"


def alter(path: Path, table: str, column: str) -> None:
    """Change one value by its last character, byte or unit, behind the store's back."""
    connection = sqlite3.connect(path)
    (value,) = connection.execute(f"SELECT {column} FROM {table}").fetchone()  # noqa: S608 - our own names
    other = {int: lambda v: v ^ 1, str: lambda v: v + " ", bytes: lambda v: v[:-1] + bytes([v[-1] ^ 1])}
    changed = other[type(value)](value)
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = 1", (changed,))  # noqa: S608 - our own names
    connection.commit()
    connection.close()


@pytest.mark.parametrize("column", ["segment", "items", "because", "pairs", "customer", "checksum"])
def test_altered_candidates_are_never_answered(path: Path, column: str) -> None:
    alter(path, "candidates", column)
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="publish it again"):
        store.candidates("1")
    assert bits(found(store, "01")) == bits(ROWS[1][1])


@pytest.mark.parametrize(
    ("table", "column"),
    [("info", "text"), ("info", "checksum"), ("catalogue", "text"), ("catalogue", "features")],
)
def test_a_store_altered_in_what_all_share_is_not_opened(path: Path, table: str, column: str) -> None:
    alter(path, table, column)
    with pytest.raises(StoreError, match="publish it again"):
        SqliteStore(path)


def answered(ask: Callable[[], Value | None]) -> Value | None:
    """The answer, or None instead of the store's own error."""
    with suppress(StoreError):
        return ask()
    return None


def check_answers(path: Path) -> None:
    """Whatever a store answers is what was published."""
    store = answered(lambda: SqliteStore(path))
    if store is None:
        return
    assert (store.info, [bits(item) for item in store.items]) == (INFO, [bits(item) for item in ITEMS])
    assert {segment: store.popular(segment) for segment in POPULAR} == POPULAR
    for customer_id, in_population, features in CUSTOMERS:
        customer = answered(lambda: store.get(customer_id))  # noqa: B023 - asked at once
        if customer is not None:
            assert customer.in_population is in_population
            assert customer.features.tobytes() == features.tobytes()
    for customer_id, row in ROWS:
        candidates = answered(lambda: store.candidates(customer_id))  # noqa: B023 - asked at once
        assert candidates is None or bits(candidates) == bits(row)
    store.close()


@settings(deadline=None, max_examples=150)
@given(place=st.integers(0, 1_000_000), flip=st.integers(1, 255))
def test_no_altered_byte_changes_an_answer(place: int, flip: int) -> None:
    content = bytearray(whole())
    content[place % len(content)] ^= flip
    with TemporaryDirectory() as folder:
        path = Path(folder, "online.sqlite")
        path.write_bytes(content)
        check_answers(path)
