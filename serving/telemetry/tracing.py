"""Traces of requests for an OpenTelemetry collector, when `OTEL_EXPORTER_OTLP_ENDPOINT` names one.

Without that variable nothing of it is loaded. A trace says route, method, status, key id, request id and stages;
never a path or a query, nor what a caller sent.
"""

import os
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Protocol

from features.errors import InputError

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Trace:
    """A request while it is answered, with the stages that it went through: name, beginning and end.

    `parent` is the W3C `traceparent` of the caller, or nothing; times are nanoseconds since 1970.
    """

    def __init__(self, parent: str) -> None:
        self.parent = parent
        self.began = time.time_ns()
        self.stages: list[tuple[str, int, int]] = []


class Sender(Protocol):
    """Takes traces to a collector."""

    def send(self, trace: Trace, name: str, status: int, attributes: Mapping[str, str | int]) -> None:
        """Take a request that has just been answered."""

    def close(self) -> None:
        """Send what is left."""


_OPEN: ContextVar[tuple[Trace, ...]] = ContextVar("open", default=())


def open_sender() -> Sender | None:
    """Who sends the traces of this process, or None when the environment names no collector.

    Raises `InputError` as `require_installed` does.
    """
    if not os.environ.get(ENDPOINT):
        return None
    require_installed()
    from serving.telemetry.spans import Spans  # noqa: PLC0415 - an extra, and a quarter of a second

    return Spans()


def require_installed() -> None:
    """Raises `InputError` when the environment names a collector and what sends to it is not installed."""
    if not os.environ.get(ENDPOINT):
        return
    try:
        import serving.telemetry.spans  # noqa: F401, PLC0415 - an extra, and a quarter of a second
    except ImportError as fault:
        raise InputError(
            f"{ENDPOINT} is set, but OpenTelemetry is not installed: install the extra, as in "
            "pip install -e '.[tracing]', or unset the variable"
        ) from fault


def share(traces: Iterable[Trace]) -> None:
    """What this task does from now on, and the threads that it waits for, is done for these traces."""
    _OPEN.set(tuple(traces))


def shared() -> tuple[Trace, ...]:
    """The traces that this task works for."""
    return _OPEN.get()


def note(stage: str, seconds: float) -> None:
    """Add a stage that has just ended to every trace that it was done for."""
    traces = _OPEN.get()
    if traces:
        ended = time.time_ns()
        for trace in traces:
            trace.stages.append((stage, ended - round(seconds * 1e9), ended))
