"""What every request has: an id to quote, a problem document instead of a stack trace, a measure, a log line."""

import os
import re
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.head import header, is_call
from serving.problems import Problem, problem_response
from serving.telemetry import logs, metrics, tracing
from serving.telemetry.tracing import Sender, Trace

REQUEST_ID = b"x-request-id"
TRACE_PARENT = b"traceparent"
HARMLESS = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""The request ids of callers that are taken over: they go into the log and back."""
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds by machines: measured, not logged."""
UNMATCHED = "unmatched"
"""Stands for the route of what found none, or was refused before."""
ABANDONED = 499
"""Stands for the status of what had no answer, because the service stopped or nobody waited any more."""


class Envelope:
    """Outermost layer: gives each request an id, makes any unexpected exception a logged 500, says how it went.

    It leaves in `scope["state"]` the `request_id`, and reads there what other layers know: `key` (whose call),
    `decision_id` and `degraded`. The log names type and place of an exception, never its message: messages
    repeat what a caller sent.
    """

    def __init__(self, app: ASGIApp, traces: Sender | None = None) -> None:
        self._app = app
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, trace = time.perf_counter(), self._trace(scope)
        request_id, status = _request_id(scope), ABANDONED
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (REQUEST_ID, request_id.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as fault:  # noqa: BLE001 - the one place where nothing may pass
            _log(fault, request_id)
            if status == ABANDONED:
                problem = Problem(f"The service failed; its log has the reason under {request_id}.")
                await problem_response(problem)(scope, receive, send_with_id)
        finally:
            self._say(scope, status, time.perf_counter() - began, trace)

    def _trace(self, scope: Scope) -> Trace | None:
        if self._traces is None or not is_call(scope["path"]):
            return None
        trace = Trace(header(scope, TRACE_PARENT).decode("latin-1"))
        tracing.share([trace])
        return trace

    def _say(self, scope: Scope, status: int, seconds: float, trace: Trace | None) -> None:
        route = getattr(scope.get("route"), "path_format", UNMATCHED)
        method = metrics.known_method(scope["method"])
        metrics.request(route, method, status, seconds)
        if route in PROBES:
            return
        known = _known(scope["state"])
        logs.event(
            "answered", route=route, method=method, status=status, ms=round(seconds * 1000, 3), **known
        )
        if self._traces is not None and trace is not None:
            said = {"http.route": route, "http.request.method": method, "http.response.status_code": status}
            self._traces.send(trace, f"{method} {route}", status, {**said, **known})


def _known(state: dict[str, Any]) -> dict[str, str | bool]:
    """What the layers of a request know of it."""
    known = {"request_id": state["request_id"]}
    if (key := state.get("key")) is not None:
        known["key"] = key.id
    for name in ("decision_id", "degraded"):
        if state.get(name):
            known[name] = state[name]
    return known


def _request_id(scope: Scope) -> str:
    """The caller's own when it is harmless, else a new one."""
    given = header(scope, REQUEST_ID)
    return given.decode() if HARMLESS.fullmatch(given) else os.urandom(16).hex()


def _log(fault: Exception, request_id: str) -> None:
    logs.fault("internal-error", request_id=request_id, **logs.without_words(fault))
