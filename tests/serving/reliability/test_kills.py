"""What was acknowledged survives `kill -9` of the service and of its database, exactly once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import pytest

from serving.ledger import open_ledger, read_secret
from tests.databases import Server, postgresql
from tests.serving.places import publish_full, settings_in
from tests.serving.reliability.traffic import Promised, ask, asking, require_kept
from tests.serving.running import Process

Start = Callable[[str], Process]

MOST = 40
"""Decisions that a service answers before it is killed, at most."""
MANY = 1000
"""Decisions that a database may still take while it dies."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish_full(settings_in(tmp_path))
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts a service over the folder and a ledger; none of them outlives the test."""
    with ExitStack() as started:
        yield lambda url: started.enter_context(Process(folder, SERVING_LEDGER=url))


def kill_again_and_again(folder: Path, start: Start, url: str, times: int) -> None:
    random, promised = Random(times), Promised()
    for _ in range(times):
        service = start(url)
        with asking(service.address, promised):
            promised.wait_for(len(promised.decisions) + random.randint(1, MOST))
            service.kill()
    require_kept(start(url).client, promised)
    require_counted_once(folder, url, promised)


def require_counted_once(folder: Path, url: str, promised: Promised) -> None:
    """No decision is there twice or half: seals hold, and offers are counted as often as they were given."""
    secret = read_secret(settings_in(folder).secret_file)
    with closing(open_ledger(url, secret, reading=True)) as ledger:
        sealed = [one for page in ledger.sealed() for one in page]
        assert {one.state for one in sealed} == {"whole"}
        assert {one.decision_id for one in sealed} >= promised.decisions.keys()
        assert len({one.customer_id for one in sealed}) == len(sealed)
        assert ledger.untold() == {}


def test_sqlite_keeps_what_a_killed_service_promised(folder: Path, start: Start) -> None:
    kill_again_and_again(folder, start, settings_in(folder).ledger, 3)


@pytest.mark.slow
def test_sqlite_keeps_what_a_service_promised_that_is_killed_fifty_times(folder: Path, start: Start) -> None:
    kill_again_and_again(folder, start, settings_in(folder).ledger, 50)


@pytest.mark.slow
def test_postgresql_keeps_what_a_service_promised_that_is_killed_ten_times(
    folder: Path, start: Start, server: Server
) -> None:
    kill_again_and_again(folder, start, server.database(), 10)


def test_postgresql_keeps_what_was_promised_before_it_or_the_service_was_killed(
    folder: Path, start: Start, server: Server
) -> None:
    url, promised = server.database(), Promised()
    service = start(url)
    with asking(service.address, promised):
        promised.wait_for(20)
        server.kill()
        assert any(ask(service.client, promised)["degraded"] for _ in range(MANY))
        assert service.client.get("/v1/customers/1/churn").status_code == 200
        server.start()
        promised.wait_for(len(promised.decisions) + 20)  # by itself
        service.kill()
    require_kept(start(url).client, promised)
    require_counted_once(folder, url, promised)
