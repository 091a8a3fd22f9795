"""The store as one SQLite file, written."""

import json
import os
import sqlite3
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.store.content import StoreError, StoreInfo

_LAYOUT = 1
_FLOATS = np.dtype("<f8")
_TABLES = """
CREATE TABLE info (text TEXT NOT NULL);
CREATE TABLE customers (
  customer_id TEXT PRIMARY KEY NOT NULL,
  in_population INTEGER NOT NULL,
  features BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
"""


def publish_sqlite(
    path: Path, info: StoreInfo, rows: Iterable[tuple[str, bool, NDArray[np.float64]]]
) -> None:
    """Write the rows (customer id, in population, features in the order of `info.names`) and switch at once.

    Readers see the old file or the new one, never a mix. Raises `StoreError` for no rows, another number of
    rows than `info.customers`, a row of the wrong length or with an infinite value, and an id that is
    empty, doubled or no UTF-8 text. After any failure the old file stands and nothing half-written stays
    behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        _write(temporary, info, rows)
        _sync(temporary)
        temporary.replace(path)
    except sqlite3.Error as fault:
        raise StoreError(f"the online store at {path} cannot be written: {fault}") from fault
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)


def _write(path: Path, info: StoreInfo, rows: Iterable[tuple[str, bool, NDArray[np.float64]]]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # A failed write throws the whole file away.
        connection.execute("PRAGMA synchronous = OFF")  # One fsync at the end is enough.
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {_LAYOUT}")
        connection.execute("INSERT INTO info VALUES (?)", (_info_text(info),))
        _insert(connection, _encoded(rows, len(info.names)))
        (count,) = connection.execute("SELECT count(*) FROM customers").fetchone()
        if count == 0 or count != info.customers:
            raise StoreError(
                f"{count} customers came for a store announced with {info.customers}: nothing published"
            )
        connection.commit()


def _insert(connection: sqlite3.Connection, records: Iterator[tuple[str, int, bytes, int]]) -> None:
    try:
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", records)
    except sqlite3.IntegrityError as fault:
        raise StoreError(
            "a customer id comes twice or is null: a store holds one row for each customer"
        ) from fault


def _encoded(
    rows: Iterable[tuple[str, bool, NDArray[np.float64]]], width: int
) -> Iterator[tuple[str, int, bytes, int]]:
    for customer_id, in_population, features in rows:
        values = np.asarray(features, dtype=_FLOATS)
        _require(_is_text(customer_id), customer_id, "an id is UTF-8 text of at least one character")
        _require(
            values.shape == (width,),
            customer_id,
            f"a row has {width} features, here the shape is {values.shape}",
        )
        _require(not np.isinf(values).any(), customer_id, "a feature is a finite number or NaN")
        blob = values.tobytes()
        yield customer_id, int(in_population), blob, _checksum(customer_id, int(in_population), blob)


def _require(holds: bool, customer_id: str, rule: str) -> None:  # noqa: FBT001 - a check reads best with its condition first
    if not holds:
        raise StoreError(f"customer {customer_id!a} cannot be stored: {rule}")


def _is_text(customer_id: str) -> bool:
    return customer_id != "" and customer_id == customer_id.encode(errors="ignore").decode()


def _info_text(info: StoreInfo) -> str:
    moments = {"as_of": info.as_of.isoformat(), "published_at": info.published_at.isoformat()}
    return json.dumps({**vars(info), **moments})


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checksum(customer_id: str, in_population: int, blob: bytes) -> int:
    return zlib.crc32(blob, zlib.crc32(customer_id.encode(), in_population))
