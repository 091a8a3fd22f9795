"""Row 9: more callers than the service can answer have an answer each, and the service is as before afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.settings import Settings
from tests.serving.reliability.wire import (
    Caller,
    Heard,
    closed_loop,
    forget_most,
    next_best_offer,
    port_of,
    resident,
)
from tests.serving.running import Process

MOST_MIB = 20


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> Iterator[Process]:
    """One that gives answers within 200 ms, or says that it could not, and few at once."""
    assert settings.store.exists()
    with Process(tmp_path, SERVING_BUDGET_MS="200", SERVING_MOST_IN_FLIGHT="16") as started:
        asyncio.run(closed_loop(port_of(started.address), 4, 50))
        forget_most(started.process.pid)
        yield started


def require_bounded(service: Process, before: float, heard: Heard) -> None:
    """Answers of the documented kinds alone, memory within bounds, and everybody answered afterwards."""
    assert set(heard.statuses) == {200, 429}
    assert heard.abrupt == 0
    assert resident(service.process.pid, "VmHWM") - before < MOST_MIB
    after = asyncio.run(closed_loop(port_of(service.address), 4, 10))
    assert after.statuses == {200: 40}
    path = "/v1/customers/1/next-best-offer?channel=web"
    assert any(not service.client.get(path).json()["degraded"] for _ in range(100))


def test_sixty_callers_who_never_wait(service: Process) -> None:
    before = resident(service.process.pid)
    heard = asyncio.run(closed_loop(port_of(service.address), 60, 20))
    assert heard.statuses.total() == 1200
    require_bounded(service, before, heard)


@pytest.mark.slow
def test_four_hundred_callers_who_never_wait(service: Process) -> None:
    before = resident(service.process.pid)
    heard = asyncio.run(closed_loop(port_of(service.address), 400, 50))
    assert heard.statuses.total() == 20_000
    require_bounded(service, before, heard)


async def open_loop(port: int, rate: float, seconds: float) -> Heard:
    """Questions that fall due whether or not earlier ones are answered; each has a connection for itself."""
    heard, loop = Heard(), asyncio.get_running_loop()
    idle = [Caller(port) for _ in range(400)]
    asked: set[asyncio.Task[None]] = set()

    async def ask(caller: Caller, number: int) -> None:
        heard.hear(await caller.ask(next_best_offer(number)))
        idle.append(caller)

    began = loop.time()
    for number in range(int(rate * seconds)):
        while loop.time() < began + number / rate or not idle:  # noqa: ASYNC110 - the moment is what counts
            await asyncio.sleep(0.001)
        asked.add(asyncio.create_task(ask(idle.pop(), number)))
    await asyncio.gather(*asked)
    for caller in idle:
        caller.close()
    return heard


async def answered_a_second(port: int) -> float:
    """What the service can do when it is asked as fast as it answers."""
    began = asyncio.get_running_loop().time()
    heard = await closed_loop(port, 12, 100)
    return heard.statuses[200] / (asyncio.get_running_loop().time() - began)


@pytest.mark.slow
def test_twice_as_many_questions_as_it_can_answer(service: Process) -> None:
    port, before = port_of(service.address), resident(service.process.pid)
    rate = 2 * asyncio.run(answered_a_second(port))
    heard = asyncio.run(open_loop(port, rate, 20.0))
    assert heard.statuses.total() == int(rate * 20.0)
    require_bounded(service, before, heard)
