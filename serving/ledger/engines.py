"""How SQLite and PostgreSQL are reached: addresses, connections, and how a transaction begins."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError

from serving.ledger.faults import LedgerError

WAIT_SECONDS = 10.0
"""How long a transaction without a deadline waits for others."""
WRITERS = 5
"""How many threads of one process write to PostgreSQL at once; SQLite has one writer."""

_ADDRESSES = "write sqlite:///FILE or postgresql://USER@HOST/NAME"
_TURN = 0.001  # SQLite's own pauses grow to 100 ms, and who has waited longest is the last to look again
_FROZEN = "frozen"


def sqlite_file(url: str) -> Path | None:
    """The file of a ledger in SQLite, which may be missing; None for PostgreSQL and for what is no address."""
    try:
        address = make_url(url)
    except ArgumentError:
        return None
    place = address.database or ":memory:"
    if address.get_backend_name() != "sqlite" or place.startswith((":memory:", "file:")):
        return None
    return Path(place)


def engine_of(url: str, *, reading: bool) -> tuple[str, Engine]:
    """The name for people, without a password, and the engine; connects to nothing yet.

    With `reading` nothing can be changed through it. Raises `LedgerError` for an address that is none.
    """
    try:
        address = make_url(url)
    except ArgumentError as fault:
        raise LedgerError(f"{url!r} is no address of a database: {_ADDRESSES}") from fault
    name = f"the ledger {address.render_as_string(hide_password=True)}"
    try:
        return name, _ENGINES[address.get_backend_name()](address, reading=reading)
    except KeyError as fault:
        raise LedgerError(f"{name} is neither SQLite nor PostgreSQL: {_ADDRESSES}") from fault
    except (NoSuchModuleError, ModuleNotFoundError) as fault:
        raise LedgerError(
            f"{name} needs a driver that is not installed: install the extra `postgres`"
        ) from fault


def _postgresql(address: URL, *, reading: bool) -> Engine:
    return create_engine(
        address,
        pool_size=WRITERS,
        max_overflow=3,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=True,
        execution_options={"postgresql_readonly": reading},
    )


def _sqlite(address: URL, *, reading: bool) -> Engine:
    place = address.database
    if not place or place == ":memory:":
        raise LedgerError("a ledger in memory forgets: write sqlite:///FILE")
    engine = create_engine(address, pool_timeout=WAIT_SECONDS)
    event.listen(engine, "connect", _only_read if reading else _prepare)
    event.listen(engine, "begin", _begin)
    file = sqlite_file(str(address))
    if file is not None:
        _read_frozen(engine, file)
    return engine


_ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}


def _read_frozen(engine: Engine, file: Path) -> None:
    """SQLite reads a whole file on a disk that takes no writes only when told that nobody changes it.

    So told, a connection must not outlive that state: it would see half of what is written then.
    """

    def connect(_dialect: object, record: Any, arguments: list[Any], options: dict[str, Any]) -> None:  # noqa: ANN401 - a pool's record
        record.info[_FROZEN] = _is_frozen(file)
        if record.info[_FROZEN]:
            arguments[0] = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
            options["uri"] = True

    def check(_connection: object, record: Any, _proxy: object) -> None:  # noqa: ANN401 - a pool's record
        if record.info[_FROZEN] and not _is_frozen(file):
            raise DisconnectionError

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", check)


def _is_frozen(file: Path) -> bool:
    """Whether nobody here may write in the file's folder, and nobody else does: there would be a journal."""
    journal = file.with_name(f"{file.name}-wal")
    return file.exists() and not os.access(file.parent, os.W_OK) and not journal.exists()


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
    """Durable, checked, and nothing that was deleted stays legible; SQLAlchemy says BEGIN, the driver does not."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _only_read(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")


def _begin(connection: Connection) -> None:
    """Who is going to write says so at once: a reader who starts to write is refused instead of waiting."""
    options = connection.get_execution_options()
    driver: Any = connection.connection.dbapi_connection
    if "ledger_writes_until" in options:
        _begin_writing(driver, options["ledger_writes_until"])
    else:
        driver.execute(f"PRAGMA busy_timeout = {round(1000 * WAIT_SECONDS)}")
        driver.execute("BEGIN")


def _begin_writing(driver: sqlite3.Connection, until: float) -> None:
    """Processes look again every millisecond whether it is their turn; threads of one queue before."""
    driver.execute("PRAGMA busy_timeout = 0")
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as fault:
            busy = fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= until:
                raise
            time.sleep(_TURN)
        else:
            return
