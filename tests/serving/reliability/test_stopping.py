"""Row 6: who is told to stop says so first, and loses nobody."""

import json
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from serving.settings import Settings
from tests.serving.callers import HEADER
from tests.serving.reliability.wire import HOST, head_of, port_of
from tests.serving.running import PATIENCE, Process

BODY = json.dumps({"customer_ids": ["1"]}).encode()
HEAD = head_of("POST", "/v1/churn:batch", "content-type: application/json", f"content-length: {len(BODY)}")
IN_FLIGHT = 50


def told_until_ended(service: Process) -> None:
    """A second signal ends the wait, but not one that comes together with the first."""
    for _ in range(60):
        with suppress(subprocess.TimeoutExpired):
            service.process.wait(timeout=0.5)
            return
        service.process.send_signal(signal.SIGTERM)
    raise AssertionError("the service does not end")


@pytest.mark.parametrize("workers", [1, 2])
def test_readiness_drops_first_and_fifty_of_fifty_are_answered(
    settings: Settings, tmp_path: Path, workers: int
) -> None:
    assert settings.store.exists()
    with Process(tmp_path, SERVING_WORKERS=str(workers), SERVING_DRAIN_SECONDS="3600") as service:
        require_everybody_answered(service, workers)
        told_until_ended(service)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{service.address}/livez")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_socket_closes_while_the_last_one_is_answered(
    settings: Settings, tmp_path: Path, workers: int
) -> None:
    assert settings.store.exists()
    with Process(tmp_path, SERVING_WORKERS=str(workers), SERVING_DRAIN_SECONDS="0") as service:
        for _ in range(workers - 1):
            service.wait_for("started")
        with socket.create_connection((HOST, port_of(service.address)), timeout=30) as last:
            last.sendall(HEAD + BODY[:5])
            assert service.client.get("/readyz").status_code == 200
            service.process.send_signal(signal.SIGTERM)
            until_refused(port_of(service.address))
            last.sendall(BODY[5:])
            assert last.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
        assert service.process.wait(timeout=30) == 0


def until_refused(port: int) -> None:
    """Connect again and again; who is taken in the last moment may be reset."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with socket.create_connection((HOST, port), timeout=30):
                pass
        except ConnectionRefusedError:
            return
        except ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError("the socket is still open")


def require_everybody_answered(service: Process, workers: int) -> None:
    """Who is there when it is told to stop, and who comes after that."""
    for _ in range(workers - 1):
        service.wait_for("started")
    callers = [
        socket.create_connection((HOST, port_of(service.address)), timeout=30) for _ in range(IN_FLIGHT)
    ]
    for caller in callers:
        caller.sendall(HEAD + BODY[:5])
    assert service.client.get("/readyz").status_code == 200
    service.process.send_signal(signal.SIGTERM)
    for _ in range(workers):
        service.wait_for("draining")

    with httpx2.Client(base_url=service.address, timeout=30, headers=HEADER) as newcomer:
        assert newcomer.get("/readyz").status_code == 503
        answer = newcomer.get("/v1/customers/1/churn")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    for caller in callers:
        caller.sendall(BODY[5:])
    answers = [caller.makefile("rb").readline() for caller in callers]
    for caller in callers:
        caller.close()
    assert answers == [b"HTTP/1.1 200 OK\r\n"] * IN_FLIGHT
