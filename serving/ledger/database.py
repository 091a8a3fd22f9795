"""One database under the ledger, SQLite or PostgreSQL: its transactions, its locks and its faults in words."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from serving.ledger import engines
from serving.ledger.engines import WRITERS, engine_of, sqlite_file
from serving.ledger.faults import LedgerError, TooLate

Place = tuple[int, int]
"""The device and the inode of a file."""

_ONE_MOMENT = {"isolation_level": "REPEATABLE READ"}
"""SQLite's transactions are that by themselves."""
_PAUSE = 0.1
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


class Database:
    """A database that every thread of a process may use at once.

    With `reading` it has to be there already, and nothing of it can be changed. Raises `LedgerError` for an
    address that is none, for a file that is missing, and later for whatever the database reports.
    """

    def __init__(self, url: str, *, reading: bool = False) -> None:
        self._name, self._engine = engine_of(url, reading=reading)
        self._on_sqlite = self._engine.dialect.name == "sqlite"
        self._turns = threading.BoundedSemaphore(1 if self._on_sqlite else WRITERS)
        self._reader = self._engine if self._on_sqlite else self._engine.execution_options(**_ONE_MOMENT)
        self._file = sqlite_file(url)
        if self._file is not None:
            _prepare_place(self._file, self._name, existing=reading)
        self._opened: Place | None = None

    @property
    def address(self) -> str:
        """Its URL, without a password."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, all of it as of one moment; on SQLite it waits for nobody."""
        self.require_place()
        with self._in_words(None), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, locked: Iterable[str] = (), deadline: float | None = None) -> Iterator[Connection]:
        """A transaction that writes and commits at the end, on disk when this returns; any exception undoes it.

        Nobody else writes about one of the `locked` texts meanwhile: SQLite has one writer at a time, PostgreSQL
        locks them in one fixed order, so that two transactions never wait for each other. Raises `TooLate` when
        `deadline` (of `time.monotonic`) passes before the commit.
        """
        self.require_place()
        with self._in_words(deadline), self._turn(deadline), self._engine.connect() as connection:
            left = _left(deadline)
            connection.execution_options(ledger_writes_until=time.monotonic() + left)
            with connection.begin():
                if not self._on_sqlite:
                    wait = max(1, round(1000 * left))
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {wait}")
                    connection.execute(_LOCK, {"keys": sorted(map(_lock_key, set(locked)))})
                yield connection
                self.require_place()
                if deadline is not None and time.monotonic() > deadline:
                    raise _too_late()

    def flush(self, patience: float = 0.0) -> bool:
        """Empty SQLite's journal into its file, so that what was deleted is in neither.

        False when that could not be, above all because others read on for longer than `patience` seconds. They are
        asked again and again: to wait for them in the database itself would keep everybody from writing.
        """
        until = time.monotonic() + patience
        while self._on_sqlite and not self._flushed():
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        return True

    def require_place(self) -> None:
        """Raises `LedgerError` when SQLite's file is not the one any more that was opened first.

        What is written to a file that was deleted is lost, and the old file's journal would spoil the one in its
        place.
        """
        place = _place(self._file)
        self._opened = self._opened or place
        if place != self._opened:
            raise LedgerError(
                f"{self._name} was deleted or replaced while it was open: stop whoever uses it, put the file "
                "there, without one beside it that ends in -wal, and start again"
            )

    def close(self) -> None:
        """Let go of every connection; SQLite's last one empties its journal into the file."""
        self._engine.dispose()

    def _flushed(self) -> bool:
        try:
            with closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute("PRAGMA busy_timeout = 20")
                return bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        except (DBAPIError, PoolTimeoutError, sqlite3.Error):
            return False

    @contextmanager
    def _turn(self, deadline: float | None) -> Iterator[None]:
        """Threads queue here, first come first served, rather than poll the database's own lock."""
        if not self._turns.acquire(timeout=_left(deadline)):
            raise _too_late() if deadline is not None else LedgerError(self._busy())
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _in_words(self, deadline: float | None) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolTimeoutError, sqlite3.Error) as fault:
            if deadline is not None and time.monotonic() >= deadline:
                raise _too_late() from fault
            raise LedgerError(self._sentence(fault)) from fault

    def _sentence(self, fault: Exception) -> str:
        """What the driver says, without the values of the statement."""
        said = str(fault.orig if isinstance(fault, DBAPIError) else fault).partition("\n")[0]
        if "locked" in said or "timeout" in said:
            return self._busy()
        if "readonly" in said or "read-only" in said:
            return f"{self._name} may only be read: give this user the right to write the file and its folder"
        return f"{self._name} cannot be used ({said}): look at the database and at SERVING_LEDGER"

    def _busy(self) -> str:
        return f"{self._name} is locked by somebody else: end what holds it, then try again"


Insertion = Callable[[Any], sqlite.Insert | postgresql.Insert]

INSERTIONS: Mapping[str, Insertion] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""By dialect, the INSERT that knows ON CONFLICT."""


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the connection's own dialect, which knows ON CONFLICT."""
    return INSERTIONS[connection.dialect.name](table)


def _left(deadline: float | None) -> float:
    return engines.WAIT_SECONDS if deadline is None else max(0.0, deadline - time.monotonic())


def _too_late() -> TooLate:
    return TooLate("the ledger was not ready before the deadline: nothing was recorded")


def _lock_key(locked: str) -> int:
    """63 bits: two texts may share one and then wait for each other, which is harmless."""
    digest = hashlib.sha256(locked.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], signed=True)


def _place(file: Path | None) -> Place | None:
    try:
        status = None if file is None else file.stat()
    except OSError:
        return None
    return None if status is None else (status.st_dev, status.st_ino)


def _prepare_place(file: Path, name: str, *, existing: bool) -> None:
    """The folder of a new ledger is made; a ledger that has to exist does. Raises `LedgerError`."""
    if existing and not file.exists():
        raise LedgerError(f"{name} does not exist: look at the path, a ledger begins with the first decision")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LedgerError(
            f"the folder {file.parent} of the ledger cannot be made ({fault.strerror})"
        ) from fault
