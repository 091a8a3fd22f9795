"""The store as one SQLite file, read."""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.store.content import (
    PopularItem,
    StoredCandidates,
    StoredCustomer,
    StoredHabits,
    StoredItem,
    StoredProfile,
    StoreError,
    StoreInfo,
)
from features.store.encoding import (
    LAYOUT,
    Catalogue,
    unpack_candidates,
    unpack_catalogue,
    unpack_customer,
    unpack_habit_items,
    unpack_habits,
    unpack_info,
    unpack_profile,
)


class SqliteStore:
    """A published SQLite file, opened read-only; it stays readable after it has been replaced on disk.

    Raises `StoreError` when the file is missing, may not be read or is no whole store.
    """

    def __init__(self, path: Path) -> None:
        _require_readable(path)
        self._path = path
        # Immutable: the file is only ever replaced, so SQLite needs no locks and looks for no journal.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with self._unaltered():
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._close = weakref.finalize(self, self._connection.close)
        try:
            self._info, (self._items, self._popular), self._habit_items = self._opened()
        except StoreError:
            self.close()
            raise

    @property
    def info(self) -> StoreInfo:
        """What this store holds."""
        return self._info

    @property
    def items(self) -> tuple[StoredItem, ...]:
        """Every item that candidates and popular items may name by its place; empty without cross-sell."""
        return self._items

    def get(self, customer_id: str) -> StoredCustomer | None:
        """The customer, or None when unknown. Raises `StoreError` for an unreadable or altered row."""
        with self._unaltered():
            found = self._row(
                "SELECT in_population, features, checksum FROM customers WHERE customer_id = ?", customer_id
            )
            return (
                None if found is None else unpack_customer(customer_id, *found, width=len(self._info.names))
            )

    def ids(self) -> Iterator[str]:
        """Every customer's id in order; raises `StoreError` where a row is altered, and when one is missing."""
        width, count, last = len(self._info.names), 0, ""
        with self._unaltered():
            for customer_id, *row in self._connection.execute(
                "SELECT customer_id, in_population, features, checksum FROM customers ORDER BY customer_id"
            ):
                unpack_customer(customer_id, *row, width=width)
                if customer_id <= last:
                    raise ValueError("an id comes out of order")
                yield customer_id
                count, last = count + 1, customer_id
            if count != self._info.customers:
                raise ValueError(f"{count} customers instead of {self._info.customers}")

    def profile(self, customer_id: str) -> StoredProfile | None:
        """Segments, purchases and consents, or None when unknown or never published; raises like `get`."""
        with self._unaltered():
            found = self._row(
                "SELECT text, bought, checksum FROM profiles WHERE customer_id = ?", customer_id
            )
            return None if found is None else unpack_profile(customer_id, *found)

    def candidates(self, customer_id: str) -> StoredCandidates | None:
        """What may be offered, or None when unknown or without cross-sell; raises `StoreError` like `get`."""
        described = self._info.candidates
        if described is None:
            return None
        with self._unaltered():
            found = self._row(
                "SELECT segment, items, because, pairs, customer, checksum FROM candidates"
                " WHERE customer_id = ?",
                customer_id,
            )
            return None if found is None else unpack_candidates(customer_id, found, described)

    def popular(self, segment: str) -> tuple[PopularItem, ...]:
        """The segment's items, most probable first; everybody's for an unknown one; none without cross-sell."""
        return self._popular[segment if segment in self._popular else ""]

    @property
    def habit_items(self) -> tuple[str, ...]:
        """The id of every item that habits may name by its place; empty without bundles."""
        return self._habit_items

    def habits(self, customer_id: str) -> StoredHabits | None:
        """What they use to buy, or None when unknown or without bundles; raises `StoreError` like `get`."""
        if self._info.bundles is None:
            return None
        with self._unaltered():
            found = self._row("SELECT items, share, checksum FROM habits WHERE customer_id = ?", customer_id)
            return None if found is None else unpack_habits(customer_id, *found)

    def close(self) -> None:
        """Let go of the file; happens by itself when the last user of the store drops it."""
        self._close()

    def _opened(self) -> tuple[StoreInfo, Catalogue, tuple[str, ...]]:
        with self._unaltered():
            (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
            if layout != LAYOUT:
                raise ValueError(f"layout {layout} instead of {LAYOUT}")
            info = unpack_info(*self._connection.execute("SELECT text, checksum FROM info").fetchone())
            return info, self._catalogue(info), self._list_of_habits(info)

    def _catalogue(self, info: StoreInfo) -> Catalogue:
        if info.candidates is None:
            return (), {"": ()}
        found = self._connection.execute("SELECT text, features, checksum FROM catalogue").fetchone()
        return unpack_catalogue(*found, width=len(info.candidates.item_names))

    def _list_of_habits(self, info: StoreInfo) -> tuple[str, ...]:
        if info.bundles is None:
            return ()
        return unpack_habit_items(
            *self._connection.execute("SELECT text, checksum FROM habit_items").fetchone()
        )

    def _row(self, query: str, customer_id: str) -> tuple[Any, ...] | None:
        try:
            found: tuple[Any, ...] | None = self._connection.execute(query, (customer_id,)).fetchone()
        except UnicodeEncodeError:
            return None  # Half a surrogate pair: no text in UTF-8, so nobody's id.
        return found

    @contextmanager
    def _unaltered(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise StoreError(
                f"the online store at {self._path} cannot be read: "
                "publish it again with python -m features publish"
            ) from fault


def _require_readable(path: Path) -> None:
    try:
        if path.is_file():
            path.open("rb").close()
            return
    except OSError as fault:
        raise StoreError(
            f"the online store at {path} cannot be opened ({fault.strerror}): "
            "let the user of this process read the file and its folder"
        ) from fault
    raise StoreError(f"there is no online store at {path}: publish one with python -m features publish")
