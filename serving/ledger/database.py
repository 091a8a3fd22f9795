"""One database under the ledger, SQLite or PostgreSQL: its transactions, its locks and its faults in words."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from serving.ledger.faults import LedgerError, TooLate

WAIT_SECONDS = 10.0
"""How long a transaction without a deadline waits for others."""
WRITERS = 5
"""How many threads of one process write to PostgreSQL at once; SQLite has one writer."""

_ADDRESSES = "write sqlite:///FILE or postgresql://USER@HOST/NAME"
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


class Database:
    """A database that every thread of a process may use at once.

    Raises `LedgerError` for an address that is none, here and for whatever the database reports later.
    """

    def __init__(self, url: str) -> None:
        self._name, self._engine = _engine(url)
        self._on_sqlite = self._engine.dialect.name == "sqlite"
        self._turns = threading.BoundedSemaphore(1 if self._on_sqlite else WRITERS)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; on SQLite it waits for nobody."""
        with self._in_words(None), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, locked: Iterable[str] = (), deadline: float | None = None) -> Iterator[Connection]:
        """A transaction that writes and commits at the end, on disk when this returns; any exception undoes it.

        Nobody else writes about one of the `locked` texts meanwhile: SQLite has one writer at a time, PostgreSQL
        locks them in one fixed order, so that two transactions never wait for each other. Raises `TooLate` when
        `deadline` (of `time.monotonic`) passes before the commit.
        """
        with self._in_words(deadline), self._turn(deadline), self._engine.connect() as connection:
            wait = max(1, round(1000 * _left(deadline)))
            connection.execution_options(ledger_writes=True, ledger_wait=wait)
            with connection.begin():
                if not self._on_sqlite:
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {wait}")
                    connection.execute(_LOCK, {"keys": sorted(map(_lock_key, set(locked)))})
                yield connection
                if deadline is not None and time.monotonic() > deadline:
                    raise _too_late()

    def flush(self) -> None:
        """Empty SQLite's journal into its file, so that what was deleted is in neither, unless others read now."""
        if self._on_sqlite:
            with self._in_words(None), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

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
    return WAIT_SECONDS if deadline is None else max(0.0, deadline - time.monotonic())


def _too_late() -> TooLate:
    return TooLate("the ledger was not ready before the deadline: nothing was recorded")


def _lock_key(locked: str) -> int:
    """63 bits: two texts may share one and then wait for each other, which is harmless."""
    digest = hashlib.sha256(locked.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], signed=True)


def _engine(url: str) -> tuple[str, Engine]:
    """The name for people, without a password, and the engine; connects to nothing yet."""
    try:
        address = make_url(url)
    except ArgumentError as fault:
        raise LedgerError(f"{url!r} is no address of a database: {_ADDRESSES}") from fault
    name = f"the ledger {address.render_as_string(hide_password=True)}"
    try:
        return name, _ENGINES[address.get_backend_name()](address)
    except KeyError as fault:
        raise LedgerError(f"{name} is neither SQLite nor PostgreSQL: {_ADDRESSES}") from fault
    except (NoSuchModuleError, ModuleNotFoundError) as fault:
        raise LedgerError(
            f"{name} needs a driver that is not installed: install the extra `postgres`"
        ) from fault


def _postgresql(address: URL) -> Engine:
    return create_engine(
        address, pool_size=WRITERS, max_overflow=3, pool_timeout=WAIT_SECONDS, pool_pre_ping=True
    )


def _sqlite(address: URL) -> Engine:
    place = address.database
    if not place or place == ":memory:":
        raise LedgerError("a ledger in memory forgets: write sqlite:///FILE")
    if not place.startswith("file:"):
        _make_folder(Path(place).parent)
    engine = create_engine(address, pool_timeout=WAIT_SECONDS)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LedgerError(f"the folder {folder} of the ledger cannot be made ({fault.strerror})") from fault


_ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
    """Durable, checked, and nothing that was deleted stays legible; SQLAlchemy says BEGIN, the driver does not."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Who is going to write says so at once: a reader who starts to write is refused instead of waiting."""
    options = connection.get_execution_options()
    wait = options.get("ledger_wait", round(1000 * WAIT_SECONDS))
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("ledger_writes") else "BEGIN")
