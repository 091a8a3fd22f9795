"""Several workers behind one port: replaced when they die or are told to be, and gone when their parent is."""

import os
import signal
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from uvicorn.supervisors import Multiprocess

from serving.process.server import Workers
from serving.settings import Settings
from tests.serving.callers import HEADER
from tests.serving.running import Process

CHURN = "/v1/customers/1/churn"


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> Iterator[Process]:
    """Two workers that answer."""
    assert settings.store.exists()
    with Process(tmp_path, SERVING_WORKERS="2") as started:
        started.wait_for("started")
        yield started


def workers(service: Process) -> list[int]:
    """The processes that have started so far."""
    return [line["worker"] for line in service.lines if line["event"] == "started"]


class Looked:
    """Of a worker what its parent holds."""

    def __init__(self, *, alive: bool) -> None:
        self.process = SimpleNamespace(is_alive=lambda: alive)
        self.parent_conn, self.child_conn = Pipe()


def answers(service: Process) -> int:
    """The status of a call on a new connection."""
    return httpx2.get(f"{service.address}{CHURN}", headers=HEADER, timeout=30).status_code


def test_a_worker_that_dies_is_replaced_and_none_outlives_its_parent(service: Process) -> None:
    first, second = workers(service)
    os.kill(first, signal.SIGKILL)
    service.wait_for("started")
    assert f"Child process [{first}] died" in [line.get("said") for line in service.lines]
    assert workers(service)[-1] not in (first, second)
    assert answers(service) == 200
    service.process.kill()
    for _ in range(2):
        service.wait_for("draining")
    with pytest.raises(AssertionError, match="the service ended without"):  # Nobody holds the pipe any more.
        service.wait_for("started")
    with pytest.raises(httpx2.ConnectError):
        answers(service)


def test_the_dead_are_looked_at_before_those_who_may_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at one that hangs takes half a minute."""
    alive, dead = Looked(alive=True), Looked(alive=False)
    parent = Workers.__new__(Workers)  # without the handlers of signals
    parent.processes = [alive, dead]  # type: ignore[list-item]  # as much of one as is looked at
    looked: list[object] = []
    monkeypatch.setattr(Multiprocess, "keep_subprocess_alive", lambda self: looked.extend(self.processes))
    parent.keep_subprocess_alive()
    assert looked == [dead, alive]
    assert [one.child_conn.closed for one in (alive, dead)] == [True, True]


@pytest.mark.slow
def test_workers_are_replaced_one_after_the_other_while_calls_go_on(service: Process) -> None:
    before = workers(service)
    service.process.send_signal(signal.SIGHUP)
    for _ in before:
        service.wait_for("started")
        assert answers(service) == 200
    assert set(workers(service)[2:]).isdisjoint(before)


def test_a_stop_is_heard_while_workers_are_replaced(settings: Settings, tmp_path: Path) -> None:
    assert settings.store.exists()
    with Process(tmp_path, SERVING_WORKERS="2", SERVING_DRAIN_SECONDS="4") as service:
        service.wait_for("started")
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("draining")
        assert len(workers(service)) == 3
        assert '"started"' not in service.stop()
        assert service.process.returncode == 0
