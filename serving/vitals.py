"""Whether this worker takes calls, and what it serves, as gauges."""

import asyncio

from prometheus_client import Gauge

from serving.live.live import Live
from serving.live.served import Served
from serving.problems import WHY
from serving.runtime import Runtime
from serving.telemetry import metrics

SECONDS = 1.0
"""Between two looks."""


class Vitals:
    """Follows what is live, and whether the end has come."""

    def __init__(self, live: Live, runtime: Runtime) -> None:
        self._live = live
        self._runtime = runtime
        self._release: Gauge | None = None

    @property
    def not_ready(self) -> str | None:
        """Why no calls should be sent here; None when they should."""
        served = self._live.served
        if self._runtime.draining:
            return "The service was told to stop."
        if served is None:
            return f"Nothing is served yet. {WHY}"
        if served.stale and not self._runtime.ready_when_stale:
            return "The data is older than this service may answer with; somebody has to publish newer data."
        return None

    def show(self) -> None:
        """Set the gauges of this worker."""
        served = self._live.served
        metrics.READY.set(self.not_ready is None)
        metrics.STALE.set(served is not None and served.stale)
        for part, fault in self._faults().items():
            metrics.BROKEN.labels(part).set(fault is not None)
        metrics.AS_OF.set(0 if served is None else served.store.info.as_of.timestamp())
        self._show_release(None if served is None else metrics.RELEASE.labels(*_release(served)))

    async def forever(self) -> None:
        """Show them every second as long as another worker may be asked for the metrics of all."""
        while metrics.shared():
            self.show()
            await asyncio.sleep(SECONDS)

    def _faults(self) -> dict[metrics.Part, str | None]:
        live = self._live
        return {"release": live.fault, "rules": live.rulebook_fault, "ledger": live.ledger_fault}

    def _show_release(self, shown: Gauge | None) -> None:
        if self._release is not None and self._release is not shown:
            self._release.set(0)
        if shown is not None:
            shown.set(1)
        self._release = shown


def _release(served: Served) -> list[str]:
    """The values of the labels of a release, empty for what it lacks."""
    rulebook = "" if served.rulebook is None else served.rulebook.name
    parts = {**served.release, "rulebook": rulebook}
    return [parts.get(label, "") for label in metrics.RELEASE_LABELS]
