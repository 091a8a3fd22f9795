"""The end of a service: said at once, waited for, and sooner when it is told twice."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from serving import draining
from serving.draining import Draining
from serving.runtime import Runtime

LogLines = Callable[[], list[dict[str, Any]]]


def ended(
    seconds: float, tell: Callable[[Draining], Coroutine[Any, Any, object]]
) -> tuple[Runtime, list[int]]:
    """What a service that is told to stop has come to when the server is told, and with which signal."""
    told: list[int] = []
    runtime = Runtime()

    async def live() -> None:
        over = asyncio.Event()

        def end(number: int, _: object) -> None:
            told.append(number)
            over.set()

        before = signal.signal(signal.SIGTERM, end)
        try:
            await tell(Draining(runtime, seconds))
            async with asyncio.timeout(30):
                await over.wait()
        finally:
            signal.signal(signal.SIGTERM, before)

    asyncio.run(live())
    return runtime, told


async def once(_: Draining) -> None:
    signal.raise_signal(signal.SIGTERM)


def test_the_service_is_draining_when_the_server_is_told(log_lines: LogLines) -> None:
    runtime, told = ended(0.01, once)
    assert (runtime.draining, told) == (True, [signal.SIGTERM])
    assert [(line["event"], line["seconds"]) for line in log_lines()] == [("draining", 0.01)]


def test_a_second_signal_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "ONE_SIGNAL", 0.01)

    async def twice(waiting: Draining) -> None:
        await once(waiting)
        await asyncio.sleep(0.05)
        await once(waiting)

    assert ended(3600, twice)[1] == [signal.SIGTERM]


def test_the_same_signal_by_two_ways_is_one() -> None:
    async def at_once(waiting: Draining) -> None:
        await once(waiting)
        await asyncio.sleep(0)
        await once(waiting)
        await asyncio.sleep(0)

    assert ended(0.1, at_once)[1] == [signal.SIGTERM]


def test_a_worker_without_its_parent_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "PARENT_SECONDS", 0.01)
    following = os.getppid() + 1
    assert ended(0, lambda waiting: waiting.end_with(following))[1] == [signal.SIGTERM]
