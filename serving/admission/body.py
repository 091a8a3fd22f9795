"""Bounds of a request that hold before anything reads it."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import BodyTooLarge, BodyTooSlow, problem_response

MAX_BODY_BYTES = 768 * 1024
"""Room for a full basket (or batch) of ids of the greatest length, as ASCII."""
BODY_SECONDS = 10.0
_DIGITS = 18  # Enough to be too large; Python refuses to read numbers of thousands of digits.


class BodyLimit:
    """Refuses bodies that are too large or too slow, counted while they stream in, whatever the header says.

    FastAPI's own limit answers an announced excess in plain text; this one with a problem document.
    """

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted, or answer 413 when its header announces too much."""
        if scope["type"] == "http" and self._announced(scope) > self._max_bytes:
            await problem_response(self._too_large())(scope, receive, send)
        elif scope["type"] == "http":
            await self._app(scope, self._counted(receive), send)
        else:
            await self._app(scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
        received = 0
        arriving = True
        deadline = asyncio.get_running_loop().time() + self._seconds

        async def counted() -> Message:
            nonlocal received, arriving
            if not arriving:
                return await receive()  # Waits for the caller to hang up, which may take as long as it likes.
            message = await self._in_time(receive, deadline)
            received += len(message.get("body", b""))
            arriving = message.get("more_body", False)
            if received > self._max_bytes:
                raise self._too_large()
            return message

        return counted

    async def _in_time(self, receive: Receive, deadline: float) -> Message:
        try:
            async with asyncio.timeout_at(deadline):
                return await receive()
        except TimeoutError as fault:
            raise BodyTooSlow(f"The body must arrive within {self._seconds:g} seconds.") from fault

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A body has at most {self._max_bytes} bytes; send fewer ids.")

    def _announced(self, scope: Scope) -> int:
        length = Headers(scope=scope).get("content-length", "")
        return int(length[:_DIGITS]) if length.isdecimal() and length.isascii() else 0
