"""Bounds of a body that hold while it streams in, before anything reads it."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import BodyTooLarge, BodyTooSlow, TooManyRequests, problem_response
from serving.telemetry import metrics

MAX_BODY_BYTES = 768 * 1024
"""Room for a full basket (or batch) of ids of the greatest length, as ASCII."""
MAX_BYTES_AT_ONCE = 12 * 1024 * 1024
"""Of the bodies of all calls that one worker is answering."""
BODY_SECONDS = 10.0
_DIGITS = 18  # Enough to be too large; Python refuses to read numbers of thousands of digits.


class BodyLimit:
    """Refuses bodies that are too large or too slow, counted while they stream in, whatever the header says.

    Together they have a bound as well: many that are each legal could still take all memory. FastAPI's own limit
    answers an announced excess in plain text; this one with a problem document.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = MAX_BODY_BYTES,
        max_at_once: int = MAX_BYTES_AT_ONCE,
        seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._left = max_at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted, or answer 413 when its header announces too much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._announced(scope) > self._max_bytes:
            await problem_response(self._too_large())(scope, receive, send)
            return
        body = _Body(receive, self._seconds, self._take)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._left += body.size

    def _take(self, size: int, whole: int) -> None:
        self._left -= size
        if whole > self._max_bytes:
            raise self._too_large()
        if self._left < 0:
            metrics.refused("bytes")
            raise TooManyRequests("Too much is being sent at this moment.")

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A body has at most {self._max_bytes} bytes; send fewer ids.")

    def _announced(self, scope: Scope) -> int:
        length = Headers(scope=scope).get("content-length", "")
        return int(length[:_DIGITS]) if length.isdecimal() and length.isascii() else 0


class _Body:
    """A body as it arrives; `take` is told of each piece, and of what they come to."""

    def __init__(self, receive: Receive, seconds: float, take: Callable[[int, int], None]) -> None:
        self.size = 0
        self._receive = receive
        self._take = take
        self._arriving = True
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds

    async def receive(self) -> Message:
        """The next piece; after the last one whatever comes, which is that the caller hangs up."""
        if not self._arriving:
            return await self._receive()  # May take as long as it likes.
        message = await self._in_time()
        size = len(message.get("body", b""))
        self._arriving = message.get("more_body", False)
        self.size += size
        self._take(size, self.size)
        return message

    async def _in_time(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError as fault:
            raise BodyTooSlow(f"The body must arrive within {self._seconds:g} seconds.") from fault
