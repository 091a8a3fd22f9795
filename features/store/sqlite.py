"""The store as one SQLite file, read."""

import json
import sqlite3
import weakref
import zlib
from datetime import datetime
from pathlib import Path

import numpy as np

from features.store.content import (
    PopularItem,
    StoredCandidates,
    StoredCustomer,
    StoredItem,
    StoreError,
    StoreInfo,
)

_LAYOUT = 1
_FLOATS = np.dtype("<f8")


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

    @property
    def items(self) -> tuple[StoredItem, ...]:
        """Every item that candidates and popular items may name by its place; empty without cross-sell."""
        return ()

    def candidates(self, _: str, /) -> StoredCandidates | None:
        """What may be offered to the customer; None, because this layout holds no candidates yet."""
        return None

    def popular(self, _: str, /) -> tuple[PopularItem, ...]:
        """What sells in the segment; nothing, because this layout holds no candidates yet."""
        return ()

    def close(self) -> None:
        """Let go of the file; happens by itself when the last user of the store drops it."""
        self._close()

    def _row(self, customer_id: str, in_population: int, blob: bytes, checksum: int) -> StoredCustomer:
        whole = len(blob) == len(self._info.names) * _FLOATS.itemsize
        if not whole or _checksum(customer_id, in_population, blob) != checksum:
            raise _garbled(self._path)
        return StoredCustomer(np.frombuffer(blob, _FLOATS).astype(np.float64), bool(in_population))


def _checksum(customer_id: str, in_population: int, blob: bytes) -> int:
    return zlib.crc32(blob, zlib.crc32(customer_id.encode(), in_population))


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
