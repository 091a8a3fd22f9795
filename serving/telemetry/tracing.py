"""What requests went through, for who sends it on: `serving.telemetry.collector` says whether anybody does."""

import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Protocol


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
