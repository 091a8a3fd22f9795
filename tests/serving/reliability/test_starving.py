"""Row 11: one caller cannot starve another, however much it calls."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from serving.settings import MOST_IN_FLIGHT, Settings
from tests.serving.callers import TEXT, record_of, write_keys
from tests.serving.reliability.wire import HOST, Caller, Heard, closed_loop, get, head_of, port_of
from tests.serving.running import Process

FLOOD, SHOP, HOLD = (TEXT.replace("testtest", name) for name in ("floodfld", "shopshop", "holdhold"))
CHURN = "/v1/customers/1/churn"
RATE = 40


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> Iterator[Process]:
    """Two workers who know who floods at a rate, who asks now and then, and who holds on to calls."""
    write_keys(settings.keys, record_of(FLOOD, rate=RATE), record_of(SHOP, rate=1000), record_of(HOLD))
    with Process(tmp_path, SERVING_WORKERS="2") as started:
        started.wait_for("started")
        yield started


async def ask_beside(port: int, heard: Heard) -> Heard:
    """Forty calls of the shop, one after the other and each on a new connection, beside a flood."""
    flood = asyncio.create_task(closed_loop(port, 16, 60, lambda _: get(CHURN, FLOOD)))
    for _ in range(40):
        caller = Caller(port)
        heard.hear(await caller.ask(get(CHURN, SHOP)))
        caller.close()
    return await flood


def test_who_floods_and_who_holds_on_to_calls_leave_the_other_answered(service: Process) -> None:
    require_rate(service)
    require_places(service)


def require_rate(service: Process) -> None:
    """Who floods is held to its rate by both workers together, and the other is always answered."""
    shop, began = Heard(), time.monotonic()
    flood = asyncio.run(ask_beside(port_of(service.address), shop))
    seconds = time.monotonic() - began
    assert shop.statuses == {200: 40}
    assert set(flood.statuses) == {200, 429}
    assert flood.abrupt == 0
    assert flood.statuses[200] <= RATE * (1 + seconds)


def require_places(service: Process) -> None:
    """Who holds on to every call that it can leaves places for the other."""
    port = port_of(service.address)
    half = head_of("POST", "/v1/churn:batch", "content-type: application/json", "content-length: 9", key=HOLD)
    with ExitStack() as held:
        for _ in range(3 * MOST_IN_FLIGHT):
            held.enter_context(socket.create_connection((HOST, port), timeout=30)).sendall(half)
        shop = asyncio.run(closed_loop(port, 3, 10, lambda _: get(CHURN, SHOP)))
    assert shop.statuses == {200: 30}
