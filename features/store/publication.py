"""The store as one SQLite file, written."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.store.acceptance import (
    accept_candidates,
    accept_customer,
    accept_habit_items,
    accept_habits,
    accept_info,
    accept_items,
    accept_popular,
    accept_profile,
)
from features.store.content import (
    BundleInfo,
    CandidateInfo,
    CandidateRows,
    HabitRows,
    StoredCustomer,
    StoredProfile,
    StoreError,
    StoreInfo,
)
from features.store.encoding import (
    LAYOUT,
    TABLES,
    pack_candidates,
    pack_catalogue,
    pack_customer,
    pack_habit_items,
    pack_habits,
    pack_info,
    pack_profile,
)
from features.store.replacement import alone, beside, replace

_INTO_CUSTOMERS = "INSERT INTO customers VALUES (?, ?, ?, ?)"
_INTO_CATALOGUE = "INSERT INTO catalogue VALUES (?, ?, ?)"
_INTO_CANDIDATES = "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?)"
_INTO_HABIT_ITEMS = "INSERT INTO habit_items VALUES (?, ?)"
_INTO_HABITS = "INSERT INTO habits VALUES (?, ?, ?, ?)"
_INTO_PROFILES = "INSERT INTO profiles VALUES (?, ?, ?, ?)"

_Rows = Iterable[tuple[str, bool, NDArray[np.float64]]]
_Profiles = Iterable[tuple[str, StoredProfile]]


@dataclass(frozen=True)
class _Content:
    info: StoreInfo
    rows: _Rows
    candidates: CandidateRows | None
    habits: HabitRows | None
    profiles: _Profiles | None


def publish_sqlite(  # noqa: PLR0913 - each is a table of its own
    path: Path,
    info: StoreInfo,
    rows: _Rows,
    candidates: CandidateRows | None = None,
    habits: HabitRows | None = None,
    *,
    profiles: _Profiles | None = None,
) -> None:
    """Write the rows (customer id, in population, features in the order of `info.names`) and switch at once.

    Readers see the old file or the new one, never a mix. Raises `StoreError` for no rows, another number of
    rows than `info.customers`, a row of the wrong length or with an infinite value, and an id that is
    empty, doubled or no UTF-8 text. The same holds of the candidates and `info.candidates`, of which either
    both are given or none; a place beyond the items, an item twice in one list, a probability outside 0 to
    1 or out of order, and popular items without everybody's ("") are refused as well. So it is with the habits
    and `info.bundles`, but that nobody may have any; a share is above 0 and at most 1. Profiles come for as many
    as the rows, or for nobody; a segment that does not exist, and a consent twice, are refused, and a place that
    cannot be written. After any failure the old file stands and nothing half-written stays behind. A symbolic link
    stays one: the file that it names is replaced.
    """
    path = Path(os.path.realpath(path))
    try:
        with beside(path) as temporary:
            _write(temporary, _Content(info, rows, candidates, habits, profiles))
            with alone(path):
                replace(temporary, path)
    except (sqlite3.Error, OSError) as fault:
        raise StoreError(f"the online store at {path} cannot be written: {fault}") from fault


def _write(path: Path, content: _Content) -> None:
    info = content.info
    accept_info(info)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # A failed write throws the whole file away.
        connection.execute("PRAGMA synchronous = OFF")  # One fsync at the end is enough.
        connection.executescript(TABLES)
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("INSERT INTO info VALUES (?, ?)", pack_info(info))
        _require_some(info.customers, "customers")
        customers = _customers(content.rows, len(info.names))
        _insert(connection, _INTO_CUSTOMERS, customers, "customers", info.customers)
        _write_candidates(connection, info.candidates, content.candidates)
        _write_habits(connection, info.bundles, content.habits)
        _write_profiles(connection, content)
        connection.commit()


def _write_candidates(
    connection: sqlite3.Connection, info: CandidateInfo | None, candidates: CandidateRows | None
) -> None:
    if info is None or candidates is None:
        if info is not None or candidates is not None:
            raise StoreError(
                "candidates and their description cannot be stored without each other: give both"
            )
        return
    _require_some(info.customers, "lists of candidates")
    accept_items(candidates.items, len(info.item_names))
    accept_popular(candidates.popular, len(candidates.items))
    connection.execute(_INTO_CATALOGUE, pack_catalogue(candidates.items, candidates.popular))
    _insert(
        connection, _INTO_CANDIDATES, _candidates(candidates, info), "lists of candidates", info.customers
    )


def _write_habits(connection: sqlite3.Connection, info: BundleInfo | None, habits: HabitRows | None) -> None:
    if info is None or habits is None:
        if info is not None or habits is not None:
            raise StoreError("habits and their description cannot be stored without each other: give both")
        return
    accept_habit_items(habits.items)
    connection.execute(_INTO_HABIT_ITEMS, pack_habit_items(habits.items))
    _insert(connection, _INTO_HABITS, _habits(habits), "habits", info.customers)


def _write_profiles(connection: sqlite3.Connection, content: _Content) -> None:
    if content.profiles is not None:
        items = 0 if content.candidates is None else len(content.candidates.items)
        profiles = _profiles(content.profiles, items)
        _insert(connection, _INTO_PROFILES, profiles, "profiles", content.info.customers)


def _require_some(announced: int, things: str) -> None:
    if announced == 0:
        raise StoreError(f"a store needs 1 row at least, here are 0 {things}: nothing published")


def _insert(
    connection: sqlite3.Connection,
    statement: str,
    records: Iterator[tuple[Any, ...]],
    things: str,
    announced: int,
) -> None:
    try:
        count = max(connection.executemany(statement, records).rowcount, 0)
    except sqlite3.IntegrityError as fault:
        raise StoreError(
            f"a customer id comes twice among the {things}: a store holds one row for each customer"
        ) from fault
    if count != announced:
        raise StoreError(f"{count} {things} came for a store announced with {announced}: nothing published")


def _customers(rows: _Rows, width: int) -> Iterator[tuple[Any, ...]]:
    for customer_id, in_population, features in rows:
        customer = StoredCustomer(np.asarray(features, dtype=np.float64), in_population)
        accept_customer(customer_id, customer, width)
        yield pack_customer(customer_id, customer)


def _candidates(candidates: CandidateRows, info: CandidateInfo) -> Iterator[tuple[Any, ...]]:
    for customer_id, row in candidates.rows:
        accept_candidates(customer_id, row, info, len(candidates.items))
        yield pack_candidates(customer_id, row)


def _habits(habits: HabitRows) -> Iterator[tuple[Any, ...]]:
    for customer_id, row in habits.rows:
        accept_habits(customer_id, row, len(habits.items))
        yield pack_habits(customer_id, row)


def _profiles(profiles: _Profiles, items: int) -> Iterator[tuple[Any, ...]]:
    for customer_id, profile in profiles:
        accept_profile(customer_id, profile, items)
        yield pack_profile(customer_id, profile)
