"""How a service ends: it is no longer ready at once, and closes its socket a little later.

Whoever sends it calls looks at `/readyz` every few seconds; until then calls still arrive, and are answered.
"""

import asyncio
import signal
from types import FrameType

from serving.runtime import Runtime
from serving.telemetry import logs

ONE_SIGNAL = 1.0
"""Seconds: who stops a whole group tells each worker twice, once itself and once through their parent."""


class Draining:
    """Stands before what SIGTERM did so far, which is to end the server, for `seconds`.

    A second signal ends the wait. SIGHUP, which comes when a terminal is lost, does the same unless it is ignored,
    as under nohup. To be made where the loop runs.
    """

    def __init__(self, runtime: Runtime, seconds: float) -> None:
        self._runtime = runtime
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._end = signal.signal(signal.SIGTERM, self._told)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._told)

    def end_with(self, sentinel: int) -> None:
        """Drain as well when this worker's parent is gone, so that the port is not held for ever.

        `sentinel` is a descriptor that becomes readable then, as `multiprocessing.parent_process` has one.
        """
        self._loop.add_reader(sentinel, self._orphaned, sentinel)

    def _orphaned(self, sentinel: int) -> None:
        self._loop.remove_reader(sentinel)
        self._begin()

    def _told(self, _: int, __: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if not self._runtime.draining:
            self._runtime.draining = True
            self._since = self._loop.time()
            logs.event("draining", seconds=self._seconds)
            self._loop.call_later(self._seconds, self._finish)
        elif self._loop.time() > self._since + ONE_SIGNAL:
            self._finish()

    def _finish(self) -> None:
        assert callable(self._end)
        self._end(signal.SIGTERM, None)
