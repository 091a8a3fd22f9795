"""Both databases that a ledger may live in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.ledger import Ledger, open_ledger
from tests.databases import Server, emptied, postgresql
from tests.entries import SECRET


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with postgresql() as running:
        yield running


@pytest.fixture(scope="session")
def with_tables(server: Server) -> str:
    """A ledger that each test finds empty: that is quicker than making the tables for each."""
    url = server.database()
    open_ledger(url, SECRET).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where nothing is yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/ledger.sqlite"
    server: Server = request.getfixturevalue("server")
    return server.database()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty ledger is, or is made when it is opened."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite"
    shared: str = request.getfixturevalue("with_tables")
    emptied(shared)
    return shared


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = open_ledger(url, SECRET)
    yield opened
    opened.close()
