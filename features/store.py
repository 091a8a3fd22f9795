"""Online store: the newest snapshot of every customer, looked up by id.

One SQLite file holds one snapshot. A published file is never changed, only replaced whole, so a reader
needs no lock and goes on reading the file that it opened. Costs nothing but sqlite3 and numpy to import.
"""

import json
import os
import sqlite3
import uuid
import weakref
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError

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


class StoreError(InputError):
    """The store is missing, garbled or may not be published; says what to do."""


@dataclass(frozen=True)
class StoreInfo:
    """What a store holds: which features in which order, known when, for how many customers.

    `as_of` and `published_at` are timezone-aware UTC; `definition` is the JSON text of the churn definition
    which decided who is in the population.
    """

    fingerprint: str
    as_of: datetime
    published_at: datetime
    names: tuple[str, ...]
    customers: int
    definition: str


@dataclass(frozen=True)
class StoredCustomer:
    """Features at `as_of` (float64, NaN = unknown) and whether the churn definition covers them."""

    features: NDArray[np.float64]
    in_population: bool


class OnlineStore(Protocol):
    """What the service needs of a store; `tests/contracts/test_store.py` holds every implementation to it."""

    @property
    def info(self) -> StoreInfo:
        """What this store holds."""

    def get(self, customer_id: str) -> StoredCustomer | None:
        """The customer, or None when unknown; any string may be asked for. Raises `StoreError`."""

    def close(self) -> None:
        """Let go of the file; closing twice is harmless."""


class SqliteStore:
    """A published SQLite file, opened read-only; it stays readable after it has been replaced on disk.

    Raises `StoreError` when the file is missing or no whole store.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise StoreError(
                f"there is no online store at {path}: publish one with python -m features publish"
            )
        self._path = path
        # Immutable: the file is only ever replaced, so SQLite needs no locks and looks for no journal.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._close = weakref.finalize(self, self._connection.close)
        try:
            self._info = _read_info(self._connection)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as fault:
            self.close()
            raise _garbled(path) from fault

    @property
    def info(self) -> StoreInfo:
        """What this store holds."""
        return self._info

    def get(self, customer_id: str) -> StoredCustomer | None:
        """The customer, or None when unknown. Raises `StoreError` for an unreadable or altered row."""
        try:
            found = self._connection.execute(
                "SELECT in_population, features, checksum FROM customers WHERE customer_id = ?",
                (customer_id,),
            ).fetchone()
        except UnicodeEncodeError:
            return None  # Half a surrogate pair: no text in UTF-8, so nobody's id.
        except sqlite3.Error as fault:
            raise _garbled(self._path) from fault
        return None if found is None else self._row(customer_id, *found)

    def close(self) -> None:
        """Let go of the file; happens by itself when the last user of the store drops it."""
        self._close()

    def _row(self, customer_id: str, in_population: int, blob: bytes, checksum: int) -> StoredCustomer:
        whole = len(blob) == len(self._info.names) * _FLOATS.itemsize
        if not whole or _checksum(customer_id, in_population, blob) != checksum:
            raise _garbled(self._path)
        return StoredCustomer(np.frombuffer(blob, _FLOATS).astype(np.float64), bool(in_population))


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


def _checksum(customer_id: str, in_population: int, blob: bytes) -> int:
    return zlib.crc32(blob, zlib.crc32(customer_id.encode(), in_population))


def _info_text(info: StoreInfo) -> str:
    moments = {"as_of": info.as_of.isoformat(), "published_at": info.published_at.isoformat()}
    return json.dumps({**vars(info), **moments})


def _read_info(connection: sqlite3.Connection) -> StoreInfo:
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout != _LAYOUT:
        raise ValueError(f"layout {layout} instead of {_LAYOUT}")
    (text,) = connection.execute("SELECT text FROM info").fetchone()
    fields = json.loads(text)
    moments = {name: datetime.fromisoformat(fields[name]) for name in ("as_of", "published_at")}
    return StoreInfo(**{**fields, **moments, "names": tuple(fields["names"])})


def _garbled(path: Path) -> StoreError:
    return StoreError(
        f"the online store at {path} cannot be read: publish it again with python -m features publish"
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
