"""What holds while a request is not one yet: the size of its head, the time it takes, how many connections wait.

uvicorn bounds none of these where httptools reads for it. Its reader in Python bounds the size alone, and takes
several times the processor time for each request.
"""

import asyncio
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import httptools
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.problems import (
    HeadTooLarge,
    HeadTooSlow,
    MalformedRequest,
    TooManyConnections,
    problem_response,
)
from serving.telemetry import metrics

MAX_HEAD_BYTES = 32 * 1024
"""Request line and headers; the longest legal path has some 2 KB."""
HEAD_SECONDS = 10.0
"""For the whole head, and for the first byte of a new connection."""
MAX_UNREAD_BYTES = 4 * 1024 * 1024
UNREAD_SECONDS = 5.0
"""For the rest of what was answered before it was read: whoever closes on unread bytes takes the answer back."""
MAX_CONNECTIONS = 500
"""Of one worker; files and databases need descriptors as well, of which a process often has 1,024."""
MAX_PIPELINED = 8
"""Requests sent ahead of their turn on one connection, which hardly anybody does."""
_FRAMING = (b"content-length", b"transfer-encoding")
"""What says where a body ends."""
_AROUND_HEADER = 4
"""Bytes of a header besides its name and value."""


class OverLimitError(Exception):
    """Ends the reading of a request."""


class Connection(HttpToolsProtocol):
    """One connection, which ends when its caller takes too much or too long; a head that does so has an answer.

    When there are too many, the one that has waited longest without a whole head makes room.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().__init__(*args, **kwargs)
        self._in_head = self._in_message = self._refused = self._told_again = False
        self._answering = self._heads = 0
        self._head_bytes = self._unread_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take the connection, if need be in the place of another one."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._within(HEAD_SECONDS, self.transport.close)
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds."""
        if self._refused:
            self._count_unread(len(data))
            return
        head = self._heads if self._in_head else None
        self._read(data)
        if self._over():
            return
        if self._in_head and head == self._heads:
            self._count_head(len(data))
        elif self._in_head and self._timer is None:
            self._within(HEAD_SECONDS, lambda: self._refuse(_TOO_SLOW))
        elif self._in_message and not self._answering:
            self._count_unread(len(data))

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._told_again:
            return
        if len(self.pipeline) >= MAX_PIPELINED:
            raise OverLimitError
        self._in_time()
        self._in_head = self._in_message = True
        self._heads += 1
        self._head_bytes = self._unread_bytes = 0
        self._since = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the request line."""
        if self._told_again:
            return
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; after the body as well."""
        if self._told_again:
            return
        self._count(len(name) + len(value) + _AROUND_HEADER)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._told_again:
            self._told_again = False
            return
        self._in_head = False
        self._in_time()
        super().on_headers_complete()
        self._answering += 1

    def on_message_complete(self) -> None:
        """The body is whole, unless an offer has kept it from being read yet."""
        if self.parser.should_upgrade():
            return
        self._in_message = False
        self._in_time()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is sent; what its caller still sends is read for a while, so that the answer arrives."""
        self._answering -= 1
        super().on_response_complete()
        if self._in_message and not self._in_head:
            self._within(UNREAD_SECONDS, self.transport.abort)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what uvicorn would say
        """Answer what is no HTTP, or more of it than is read."""
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(_TOO_LARGE)
        else:
            self._refuse(_MALFORMED, "malformed")

    def _read(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._pass_over(data[offer.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")

    def _pass_over(self, rest: bytes) -> None:
        """Read on where the caller offered to speak another protocol, such as HTTP/2, as some do by themselves.

        The parser takes all that follows for that protocol, the body too. Another one is told the head again,
        without the offer.
        """
        framing = (b"%s: %s\r\n" % header for header in self.headers if header[0] in _FRAMING)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
        self._told_again = True
        self._read(b"POST / HTTP/1.1\r\n%s\r\n%s" % (b"".join(framing), rest))

    def _over(self) -> bool:
        return self._refused or self.transport.is_closing()

    def _make_room(self) -> None:
        others = (one for one in self.connections if isinstance(one, Connection) and one is not self)
        waiting = [(one._since, one.transport) for one in others if not one._answering]  # noqa: SLF001 - its own kind
        if waiting:
            metrics.refused("connections")
            min(waiting, key=itemgetter(0))[1].abort()
        else:
            self._refuse(_TOO_MANY, "connections")

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            raise OverLimitError

    def _count_head(self, size: int) -> None:
        """What arrives of a single header is passed on only when it is whole."""
        try:
            self._count(size)
        except OverLimitError:
            self._refuse(_TOO_LARGE)

    def _count_unread(self, size: int) -> None:
        self._unread_bytes += size
        if self._unread_bytes > MAX_UNREAD_BYTES:
            self.transport.abort()

    def _refuse(self, answer: bytes, reason: metrics.Refusal = "head") -> None:
        """Answer, unless another answer is under way, and close; what still arrives is read for a while."""
        metrics.refused(reason)
        if self._answering > 1 or (self._answering and self.cycle.response_started):
            self.transport.close()
            return
        if self._answering:
            self.cycle.disconnected = True  # Whoever was about to answer hears that nobody listens.
            self.cycle.message_event.set()
        self._refused = True
        self.transport.write(answer)
        self.transport.write_eof()
        self._within(UNREAD_SECONDS, self.transport.abort)

    def _within(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._in_time()
        self._timer = self.loop.call_later(seconds, otherwise)

    def _in_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _raw(response: Response) -> bytes:
    headers = b"".join(b"%s: %s\r\n" % header for header in response.raw_headers)
    return STATUS_LINE[response.status_code] + headers + b"connection: close\r\n\r\n" + bytes(response.body)


_TOO_LARGE = _raw(problem_response(HeadTooLarge(f"A head has at most {MAX_HEAD_BYTES} bytes.")))
_TOO_SLOW = _raw(problem_response(HeadTooSlow(f"The head must arrive within {HEAD_SECONDS:g} seconds.")))
_MALFORMED = _raw(problem_response(MalformedRequest("This is no HTTP/1.1.")))
_TOO_MANY = _raw(problem_response(TooManyConnections("Too many connections are in use at this moment.")))
