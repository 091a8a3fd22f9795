"""Who is let in: the key, its rate and a place, judged before a byte of the body is read.

Refusals are built once, and no framework runs for them, so that a flood of them costs little.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.admission.in_flight import Places
from serving.admission.rates import Rates
from serving.head import is_call, only_header
from serving.keys.key import Key
from serving.keys.keyring import Keyring
from serving.problems import TooManyRequests, Unauthorized, problem_response
from serving.runtime import Runtime
from serving.telemetry import metrics

_UNAUTHORIZED = problem_response(Unauthorized())
_TOO_OFTEN = problem_response(TooManyRequests("The key calls more often than its rate allows."))
_TOO_MANY = problem_response(TooManyRequests("Too many calls are being answered at this moment."))


class Admission:
    """Lets calls in, and puts their `Key` into the scope's state under "key".

    While the service is draining, answers ask callers to close their connection.
    """

    def __init__(
        self, app: ASGIApp, *, keyring: Keyring, rates: Rates, most_in_flight: int, runtime: Runtime
    ) -> None:
        self._app = app
        self._keyring = keyring
        self._rates = rates
        self._places = Places(most_in_flight)
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer 401 or 429."""
        if scope["type"] != "http" or not is_call(scope["path"]):
            await self._app(scope, receive, send)
            return
        if self._runtime.draining:
            send = _closing(send)
        key = self._keyring.find(only_header(scope, b"authorization"))
        if key is None:
            metrics.refused("key")
            await _UNAUTHORIZED(scope, receive, send)
            return
        scope["state"]["key"] = key
        if not self._rates.take(key.place, key.rate):
            metrics.refused("rate")
            await _TOO_OFTEN(scope, receive, send)
        elif not self._places.take(key.id):
            metrics.refused("in_flight")
            await _TOO_MANY(scope, receive, send)
        else:
            await self._answer(key, scope, receive, send)

    async def _answer(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        metrics.IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, send)
        finally:
            metrics.IN_FLIGHT.dec()
            self._places.leave(key.id)


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["connection"] = "close"
        await send(message)

    return closing
