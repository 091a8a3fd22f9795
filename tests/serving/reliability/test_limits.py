"""Row 10: whoever sends too much or too slowly is refused, takes little memory, and others do not notice."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import httpx2
import pytest

from serving.settings import Settings
from tests.serving.callers import TEXT, record_of, write_keys
from tests.serving.reliability.wire import HOST, forget_most, head_of, port_of, post, resident
from tests.serving.running import Process

OTHER = TEXT.replace("testtest", "someelse")
BATCH, JSON = "/v1/churn:batch", "content-type: application/json"
CHUNKED = head_of("POST", BATCH, JSON, "transfer-encoding: chunked")
MEGABYTE = 1_000_000
MANY_KEYS = {"customer_ids": ["1"], **{f"key {number}": 1 for number in range(10_000)}}
MOST_MIB = 20
AT_ONCE = 4
"""Callers of each kind."""


def chunk(size: int) -> bytes:
    return b"%x\r\n" % size + b" " * size + b"\r\n"


HABITS: dict[str, tuple[int, list[bytes]]] = {
    "1 MB, announced": (413, [head_of("POST", BATCH, JSON, f"content-length: {MEGABYTE}"), b" " * MEGABYTE]),
    "1 MB, not announced": (413, [CHUNKED, *([chunk(50_000)] * 20), b"0\r\n\r\n"]),
    "10,000 keys": (422, [post(BATCH, MANY_KEYS)]),
    "many headers": (431, [b"GET / HTTP/1.1\r\n", *([b"a: b\r\n" * 1000] * 50)]),
    "one endless header": (431, [b"GET / HTTP/1.1\r\na: ", *([b"b" * 10_000] * 50)]),
    "slow body": (408, [head_of("POST", BATCH, JSON, "content-length: 700000"), b"[" * 690_000]),
    "slow head": (408, [b"GET /livez HTTP/1.1\r\nhost"]),
}
"""What a caller sends, and the status of its answer."""


def answer(port: int, pieces: list[bytes]) -> int:
    """The status that such a caller is answered with."""
    with socket.create_connection((HOST, port), timeout=60) as caller:
        for piece in pieces:
            with suppress(ConnectionError):
                caller.sendall(piece)
        return int(caller.makefile("rb").readline().split()[1])


def endless(port: int) -> bool:
    """Whether somebody who sends a body without an end is answered with 413 and hung up on."""
    with socket.create_connection((HOST, port), timeout=60) as caller:
        caller.sendall(CHUNKED)
        for piece in repeat(chunk(60_000)):
            try:
                caller.sendall(piece)
            except ConnectionError:
                return True
    return False


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> Iterator[Process]:
    assert settings.store.exists()
    write_keys(settings.keys, record_of(TEXT), record_of(OTHER, "read"))
    with Process(tmp_path) as started:
        for _ in range(20):
            assert started.client.post(BATCH, json={"customer_ids": ["1"]}).status_code == 200
        yield started


def test_they_are_refused_and_others_do_not_notice(service: Process) -> None:
    port, pid = port_of(service.address), service.process.pid
    forget_most(pid)
    before = resident(pid)
    asked = 0
    with (
        ThreadPoolExecutor(AT_ONCE * (len(HABITS) + 1)) as callers,
        httpx2.Client(
            base_url=service.address, timeout=30, headers={"authorization": f"Bearer {OTHER}"}
        ) as other,
    ):
        answers = {
            name: [callers.submit(answer, port, pieces) for _ in range(AT_ONCE)]
            for name, (_, pieces) in HABITS.items()
        }
        left = [callers.submit(endless, port) for _ in range(AT_ONCE)]
        waiting: list[Future[Any]] = [*left, *chain.from_iterable(answers.values())]
        while not all(one.done() for one in waiting):
            assert other.get("/v1/customers/1/churn").status_code == 200
            asked += 1
    assert {name: {one.result() for one in several} for name, several in answers.items()} == {
        name: {status} for name, (status, _) in HABITS.items()
    }
    assert all(one.result() for one in left)
    assert asked > 0
    assert resident(pid, "VmHWM") - before < MOST_MIB
