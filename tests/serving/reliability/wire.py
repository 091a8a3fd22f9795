"""Requests as bytes, callers who send very many of them, and what a process takes of the memory meanwhile."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving.callers import TEXT

HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds after which an answer that has not come never does."""
MEBI = 1024


def port_of(address: str) -> int:
    """The port of a service."""
    return int(address.rpartition(":")[2])


def head_of(method: str, path: str, *headers: str, key: str = TEXT) -> bytes:
    """The head of a request."""
    lines = (f"{method} {path} HTTP/1.1", "host: x", f"authorization: Bearer {key}", *headers)
    return "\r\n".join((*lines, "", "")).encode()


def get(path: str, key: str = TEXT) -> bytes:
    """A whole request without a body."""
    return head_of("GET", path, key=key)


def post(path: str, body: object, key: str = TEXT) -> bytes:
    """A whole request with a JSON body."""
    content = json.dumps(body).encode()
    length = f"content-length: {len(content)}"
    return head_of("POST", path, "content-type: application/json", length, key=key) + content


def next_best_offer(number: int) -> bytes:
    """Asks for a decision about somebody whom nobody else asks about."""
    return get(f"/v1/customers/c{number}/next-best-offer?channel=web")


@dataclass
class Heard:
    """How often each status was answered, and how many refusals did not say when to come again."""

    statuses: Counter[int] = field(default_factory=Counter)
    abrupt: int = 0

    def hear(self, head: bytes) -> None:
        """Count an answer by its head."""
        status = int(head.split(maxsplit=2)[1])
        self.statuses[status] += 1
        self.abrupt += status in (429, 503) and b"\r\nretry-after: " not in head


class Caller:
    """One connection, opened again whenever the service closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    async def ask(self, request: bytes) -> bytes:
        """The head of the answer, in lower case."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        async with asyncio.timeout(PATIENCE):
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        if b"\r\nconnection: close" in head:
            self.close()
        return head

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def closed_loop(
    port: int, callers: int, each: int, request: Callable[[int], bytes] = next_best_offer
) -> Heard:
    """So many callers who ask again as soon as they are answered, each so often."""
    heard = Heard()

    async def call(number: int) -> None:
        caller = Caller(port)
        for turn in range(each):
            heard.hear(await caller.ask(request(number * each + turn)))
        caller.close()

    await asyncio.gather(*(call(number) for number in range(callers)))
    return heard


def resident(pid: int, what: str = "VmRSS") -> float:
    """MiB of memory that a process has, or with `VmHWM` the most that it had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) / MEBI


def forget_most(pid: int) -> None:
    """Let the most that a process had be what it has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
