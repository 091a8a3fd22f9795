"""How long each stage of a next best offer takes: for the metrics, and for the traces it is a part of."""

import time
from types import TracebackType
from typing import Self

from serving.telemetry import metrics, tracing
from serving.telemetry.metrics import StageName


class Stage:
    """Measures what happens inside `with`; when requests are traced, it is a part of those it happens for."""

    __slots__ = ("_began", "_name")

    def __init__(self, name: StageName) -> None:
        self._name = name

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._began
        metrics.stage(self._name, seconds)
        tracing.note(self._name, seconds)
