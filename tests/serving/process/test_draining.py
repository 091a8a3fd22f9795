"""The end of a service: said at once, waited for, and sooner when it is told twice."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from serving.process import draining
from serving.process.draining import Draining
from serving.runtime import Runtime

LogLines = Callable[[], list[dict[str, Any]]]


class Server:
    """Stands where the server does: hears the signals that it is to end with. To be made where the loop runs."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self._over = asyncio.Event()

    def end(self, number: int, _: object) -> None:
        """What a signal calls."""
        self.told.append(number)
        self._over.set()

    async def ended(self) -> None:
        """Until it has been told."""
        async with asyncio.timeout(30):
            await self._over.wait()


Life = Callable[[Draining, Server], Coroutine[Any, Any, object]]


def lived(seconds: float, life: Life) -> tuple[Runtime, list[int]]:
    """What a service that drains for so long has come to, and which signals its server was told in that life."""
    runtime = Runtime()

    async def live() -> Server:
        server = Server()
        before = signal.signal(signal.SIGTERM, server.end), signal.getsignal(signal.SIGHUP)
        try:
            await life(Draining(runtime, seconds), server)
        finally:
            signal.signal(signal.SIGTERM, before[0])
            signal.signal(signal.SIGHUP, before[1])
        return server

    return runtime, asyncio.run(live()).told


async def tell(number: signal.Signals = signal.SIGTERM) -> None:
    """Send the signal, until it is handled."""
    signal.raise_signal(number)
    await asyncio.sleep(0)


def test_the_service_is_draining_when_the_server_is_told(log_lines: LogLines) -> None:
    async def once(_: Draining, server: Server) -> None:
        await tell()
        await server.ended()

    runtime, told = lived(0.01, once)
    assert (runtime.draining, told) == (True, [signal.SIGTERM])
    assert [(line["event"], line["seconds"]) for line in log_lines()] == [("draining", 0.01)]


def test_a_lost_terminal_ends_the_service_in_the_same_way() -> None:
    async def lost(_: Draining, server: Server) -> None:
        await tell(signal.SIGHUP)
        await server.ended()

    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
    try:
        runtime, told = lived(0.01, lost)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (runtime.draining, told) == (True, [signal.SIGTERM])


def test_who_ignores_the_loss_of_a_terminal_goes_on() -> None:
    async def ignoring(_: Draining, __: Server) -> None:
        await tell(signal.SIGHUP)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert not lived(0, ignoring)[0].draining
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_signal_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "ONE_SIGNAL", 0.01)

    async def twice(_: Draining, server: Server) -> None:
        await tell()
        await asyncio.sleep(0.05)
        await tell()
        await server.ended()

    assert lived(3600, twice)[1] == [signal.SIGTERM]


def test_the_same_signal_by_two_ways_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "ONE_SIGNAL", 3600)

    async def by_two_ways(_: Draining, __: Server) -> None:
        await tell()
        await tell()

    runtime, told = lived(3600, by_two_ways)
    assert (runtime.draining, told) == (True, [])


@pytest.mark.parametrize("already", [True, False], ids=["from the beginning", "later"])
def test_a_worker_without_its_parent_ends(already: bool) -> None:  # noqa: FBT001 - a table of cases
    async def orphaned(waiting: Draining, server: Server) -> None:
        sentinel, parent = os.pipe()
        if already:
            os.close(parent)
        waiting.end_with(sentinel)
        if not already:
            await asyncio.sleep(0)
            assert server.told == []
            os.close(parent)
        await server.ended()
        os.close(sentinel)

    runtime, told = lived(0, orphaned)
    assert (runtime.draining, told) == (True, [signal.SIGTERM])
