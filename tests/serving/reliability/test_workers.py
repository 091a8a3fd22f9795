"""Several workers on one port: one is killed, another takes its place, and nothing that was counted is lost."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.serving.places import publish_full, settings_in
from tests.serving.process import Process

CHURN = 'nbo_request_seconds_count{method="GET",route="/v1/customers/{customer_id}/churn",status="200"}'
CALLS = 20


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Process]:
    """A service of two workers, whose temporary files would lie in `disk`."""
    publish_full(settings_in(tmp_path))
    (tmp_path / "disk").mkdir()
    running = Process(tmp_path, SERVING_WORKERS="2", TMPDIR=str(tmp_path / "disk"))
    running.wait_for("started")
    yield running
    running.stop()


def call(service: Process) -> None:
    """Ask on connections of their own, which either worker takes."""
    assert [asked(service, "/v1/customers/1/churn").status_code for _ in range(CALLS)] == [200] * CALLS


def asked(service: Process, path: str) -> httpx2.Response:
    """The answer on a connection of its own."""
    return service.client.get(path, headers={"connection": "close"})


def test_a_killed_worker_is_replaced_and_what_it_counted_stays(pair: Process, tmp_path: Path) -> None:
    call(pair)
    first, second = (line["worker"] for line in pair.lines if line["event"] == "started")
    os.kill(first, signal.SIGKILL)
    assert pair.wait_for("started")["worker"] not in {first, second}
    call(pair)
    told = asked(pair, "/metrics").text.splitlines()
    assert f"{CHURN} {2 * CALLS}.0" in told
    assert {"nbo_ready 1.0", "nbo_in_flight 0.0"} <= set(told)
    assert list((tmp_path / "disk").iterdir()) == []  # A full disk would kill whoever maps a file of it.
