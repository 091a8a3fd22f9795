"""Customers taken out of a published store, so that nothing of them stays in the file."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace as changed
from pathlib import Path

from features.store.content import StoreError, StoreInfo
from features.store.encoding import LAYOUT, TABLES, pack_info
from features.store.replacement import alone, beside, replace
from features.store.sqlite import SqliteStore

SHARED = ("catalogue", "habit_items")
"""Tables that speak of no single customer."""

OF_CUSTOMERS = ("customers", "candidates", "habits", "profiles")
"""Tables with at most one row a customer."""


def remove_customers(path: Path, customer_ids: Iterable[str]) -> dict[str, int]:
    """Replace the store at `path` by one without these customers; how many rows went, by table.

    The new file is written afresh, so no free page keeps what was removed; it is on disk before it takes the
    old one's place, and readers of the old one go on until they open the new. A publish meanwhile waits. Where
    nobody is to be removed the file stays as it is; a store may become empty. What all customers share stays:
    popular items and the features of items are sums over everybody as of the snapshot. It takes as long as
    writing the file. A symbolic link stays one: they are removed from the file that it names. Raises `StoreError`
    when there is no whole store or it cannot be written.
    """
    path = Path(os.path.realpath(path))
    ids = {customer_id for customer_id in customer_ids if _is_text(customer_id)}
    try:
        with alone(path), beside(path) as temporary, closing(SqliteStore(path)) as store:
            removed = _write_without(temporary, path, store.info, ids)
            if any(removed.values()):
                replace(temporary, path)
    except (sqlite3.Error, OSError) as fault:
        raise StoreError(f"customers cannot be removed from the online store at {path}: {fault}") from fault
    return removed


def _write_without(temporary: Path, path: Path, info: StoreInfo, ids: set[str]) -> dict[str, int]:
    with closing(sqlite3.connect(temporary.absolute().as_uri(), uri=True)) as connection:
        connection.execute("ATTACH ? AS old", (f"{path.absolute().as_uri()}?mode=ro&immutable=1",))
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("CREATE TEMPORARY TABLE gone (customer_id TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO gone VALUES (?)", ((customer_id,) for customer_id in ids))
        removed = {table: _rows_to_go(connection, table) for table in OF_CUSTOMERS}
        if any(removed.values()):
            _copy(connection, _without(info, removed))
    return removed


def _rows_to_go(connection: sqlite3.Connection, table: str) -> int:
    counted = f"SELECT count(*) FROM old.{table} WHERE customer_id IN (SELECT customer_id FROM gone)"  # noqa: S608 - our own tables
    count: int = connection.execute(counted).fetchone()[0]
    return count


def _copy(connection: sqlite3.Connection, info: StoreInfo) -> None:
    connection.commit()
    connection.execute("PRAGMA journal_mode = OFF")  # A failed write throws the whole file away.
    connection.execute("PRAGMA synchronous = OFF")  # One fsync at the end is enough.
    connection.executescript(TABLES)
    connection.execute(f"PRAGMA user_version = {LAYOUT}")
    connection.execute("INSERT INTO info VALUES (?, ?)", pack_info(info))
    for table in SHARED:
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")  # noqa: S608 - our own tables
    for table in OF_CUSTOMERS:
        connection.execute(
            f"INSERT INTO main.{table} SELECT * FROM old.{table}"  # noqa: S608 - our own tables
            " WHERE customer_id NOT IN (SELECT customer_id FROM gone) ORDER BY rowid"
        )
    connection.commit()


def _without(info: StoreInfo, removed: dict[str, int]) -> StoreInfo:
    candidates = info.candidates and changed(
        info.candidates, customers=info.candidates.customers - removed["candidates"]
    )
    bundles = info.bundles and changed(info.bundles, customers=info.bundles.customers - removed["habits"])
    return changed(
        info, customers=info.customers - removed["customers"], candidates=candidates, bundles=bundles
    )


def _is_text(customer_id: str) -> bool:
    """Half a surrogate pair is no text in UTF-8, so nobody's id."""
    return customer_id.encode(errors="ignore").decode() == customer_id
