"""Several workers on one port: one is killed, another takes its place, and nothing that was counted is lost."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.serving.places import publish_full, settings_in
from tests.serving.running import Process

CHURN = 'nbo_request_seconds_count{method="GET",route="/v1/customers/{customer_id}/churn",status="200"}'
CALLS = 20


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Process]:
    """A service of two workers, whose temporary files would lie in `disk`."""
    publish_full(settings_in(tmp_path))
    (tmp_path / "disk").mkdir()
    with Process(tmp_path, SERVING_WORKERS="2", TMPDIR=str(tmp_path / "disk")) as running:
        running.wait_for("started")
        yield running


def call(service: Process) -> None:
    """Ask on connections of their own, which either worker takes."""
    assert [asked(service, "/v1/customers/1/churn").status_code for _ in range(CALLS)] == [200] * CALLS


def require_counted(service: Process, calls: int) -> list[str]:
    """A call is counted right after its answer has left; the metrics that tell of so many."""
    every = (asked(service, "/metrics").text.splitlines() for _ in range(100))
    return next(told for told in every if f"{CHURN} {calls}.0" in told)


def asked(service: Process, path: str) -> httpx2.Response:
    """The answer on a connection of its own."""
    return service.client.get(path, headers={"connection": "close"})


def test_a_killed_worker_is_replaced_and_what_it_counted_stays(pair: Process, tmp_path: Path) -> None:
    call(pair)
    require_counted(pair, CALLS)
    first, second = (line["worker"] for line in pair.lines if line["event"] == "started")
    os.kill(first, signal.SIGKILL)
    assert pair.wait_for("started")["worker"] not in {first, second}
    call(pair)
    assert {"nbo_ready 1.0", "nbo_in_flight 0.0"} <= set(require_counted(pair, 2 * CALLS))
    assert list((tmp_path / "disk").iterdir()) == []  # A full disk would kill whoever maps a file of it.
