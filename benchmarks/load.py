"""A lean caller: some connections that stay open, requests that were written beforehand, answers looked at.

It costs some twenty microseconds of processor time a request, so that what stands beside it on a machine of two
cores is the service. `caller` gives it a process of its own.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from typing import Literal, cast

import uvloop

Judgement = Literal["good", "flagged", "bad"]

NUMBER = b"~number~"
"""In a request: becomes a number that no other request has."""
CONNECTIONS = 16
PATIENCE = 60.0
"""Seconds after which an answer that has not come is a fault of the benchmark itself."""

_HEADERS_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_EXAMPLES = 3
_SAMPLES = 20


@dataclass(frozen=True)
class Script:
    """Whole HTTP requests, sent in their order again and again; a good answer is a 200 that holds `marker`.

    A 200 that holds `flag`, if there is one, says itself that it had to do without: it is neither good nor bad.
    """

    port: int
    requests: tuple[bytes, ...]
    marker: bytes = b""
    flag: bytes | None = None

    def judges(self, answer: bytes) -> Judgement:
        """What a whole answer is."""
        _, _, body = answer.partition(_HEADERS_END)
        if not answer.startswith(b"HTTP/1.1 200"):
            return "bad"
        if self.flag is not None and self.flag in body:
            return "flagged"
        return "good" if self.marker in body else "bad"


@dataclass
class Heard:
    """What came of one round; `waits` are the seconds that each caller waited for a good answer."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    faults: int = 0
    flagged: int = 0
    examples: list[str] = field(default_factory=list)
    """The first few bad answers."""
    samples: list[bytes] = field(default_factory=list)
    """The bodies of some good answers."""

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return len(self.waits) / self.seconds

    @property
    def asked(self) -> int:
        """Requests in all."""
        return len(self.waits) + self.faults + self.flagged

    def wait_ms(self, share: float) -> float:
        """Milliseconds within which this share of the answers came; NaN without any."""
        ranked = sorted(self.waits)
        return 1000 * ranked[min(int(share * len(ranked)), len(ranked) - 1)] if ranked else float("nan")


@contextmanager
def caller() -> Iterator[Executor]:
    """A process to submit rounds to, such as `submit(ask, script, 2.0)`."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        yield process


def ask(
    script: Script,
    seconds: float,
    rate: float | None = None,
    first: int = 0,
    connections: int = CONNECTIONS,
) -> Heard:
    """Ask for so long, then wait for the answers that are still to come.

    Without a rate each connection asks again as soon as it is answered. With one, so many requests a second fall
    due at moments drawn by lot, whether or not earlier ones are answered; a caller waits from the moment that a
    request falls due. `first` is where the numbers begin.
    """
    return uvloop.run(_Round(script, first, connections).run(seconds, rate))


class _Round:
    def __init__(self, script: Script, first: int, connections: int) -> None:
        self.script = script
        self._connections = connections
        self._heard = Heard()
        self._numbers = count(first)
        self._due: deque[float] = deque()
        self._idle: list[_Connection] = []
        self._until: float | None = None
        """When each who is answered stops to ask again; None where requests fall due by themselves."""
        self._all_idle = asyncio.Event()
        self._replacing: list[asyncio.Task[None]] = []

    async def run(self, seconds: float, rate: float | None) -> Heard:
        for _ in range(self._connections):
            await self._connect()
        began = time.perf_counter()
        async with asyncio.timeout(seconds + PATIENCE):
            await (self._at_once(began + seconds) if rate is None else self._by_lot(began, seconds, rate))
            await self._all_idle.wait()
        self._heard.seconds = time.perf_counter() - began
        ended, self._idle = self._idle, []
        for connection in ended:
            connection.close()
        return self._heard

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.script.port)

    async def _at_once(self, until: float) -> None:
        self._until = until
        for connection in self._taken():
            connection.ask(self._next(), time.perf_counter())

    async def _by_lot(self, began: float, seconds: float, rate: float) -> None:
        moments = deque(began + moment for moment in _moments(seconds, rate))
        while moments:
            await asyncio.sleep(moments[0] - time.perf_counter())
            now = time.perf_counter()
            while moments and moments[0] <= now:  # the loop's clock ticks in milliseconds: some come together
                moments.popleft()
                self._due.append(now)
            self._send()

    def _send(self) -> None:
        while self._due and self._idle and not self._idle[-1].is_closing:
            self._all_idle.clear()
            self._idle.pop().ask(self._next(), self._due.popleft())

    def _taken(self) -> "list[_Connection]":
        taken, self._idle = self._idle, []
        self._all_idle.clear()
        return taken

    def _next(self) -> bytes:
        number = next(self._numbers)
        return self.script.requests[number % len(self.script.requests)].replace(NUMBER, b"%d" % number)

    def free(self, connection: "_Connection") -> None:
        """A connection that waits for nothing: it asks what is due, or again while there is time."""
        now = time.perf_counter()
        if self._until is not None and now < self._until:
            connection.ask(self._next(), now)
            return
        self._idle.append(connection)
        self._send()
        if len(self._idle) == self._connections:
            self._all_idle.set()

    def lost(self, connection: "_Connection", *, asked: bool) -> None:
        """Another connection in the place of one that the server closed; a bad answer when one was to come."""
        if asked:
            self.hear(b"the connection was closed before the answer came", 0.0)
        elif connection in self._idle:
            self._idle.remove(connection)
        else:  # our own, at the end of the round
            return
        self._replacing.append(asyncio.create_task(self._connect()))

    def hear(self, answer: bytes, wait: float) -> None:
        """Count an answer by what it is."""
        heard, judged = self._heard, self.script.judges(answer)
        if judged == "good":
            heard.waits.append(wait)
            if len(heard.samples) < _SAMPLES:
                heard.samples.append(answer.partition(_HEADERS_END)[2])
        elif judged == "flagged":
            heard.flagged += 1
        else:
            heard.faults += 1
            if len(heard.examples) < _EXAMPLES:
                heard.examples.append(answer[-500:].decode(errors="replace"))


class _Connection(asyncio.Protocol):
    def __init__(self, of: _Round) -> None:
        self._of = of
        self._received = b""
        self._asked: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._of.free(self)

    @property
    def is_closing(self) -> bool:
        """Whether the server has closed it, which `connection_lost` is about to hear."""
        return self._transport.is_closing()

    def ask(self, request: bytes, since: float) -> None:
        self._asked = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._asked is None or not _whole(self._received):
            return
        answer, since, self._received, self._asked = self._received, self._asked, b"", None
        self._of.hear(answer, time.perf_counter() - since)
        self._of.free(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._of.lost(self, asked=self._asked is not None)

    def close(self) -> None:
        self._transport.close()


def _moments(seconds: float, rate: float) -> Iterator[float]:
    """Moments between 0 and so many seconds, so many a second on average: the same ones every time."""
    lot = random.Random(1)  # noqa: S311 - moments, no secret
    moment = lot.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += lot.expovariate(rate)


def _whole(received: bytes) -> bool:
    """Whether all that the header `content-length` announces is there."""
    end = received.find(_HEADERS_END)
    if end < 0:
        return False
    head = received[:end].lower() + b"\r\n"
    place = head.find(_LENGTH)
    announced = int(head[place + len(_LENGTH) : head.index(b"\r\n", place)]) if place >= 0 else 0
    return len(received) >= end + len(_HEADERS_END) + announced
