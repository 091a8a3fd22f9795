"""What a command cost: seconds by stage, and the most memory that the process ever held."""

import resource
import sys
import time

_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes that the system counts peak memory in."""


class Effort:
    """Seconds of the stages of a command, each from the end of the one before it."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def ended(self, stage: str) -> None:
        """A stage has just ended."""
        now = time.perf_counter()
        self._seconds[stage] = now - self._since
        self._since = now

    def told(self) -> dict[str, object]:
        """Seconds by stage and in all, and peak memory in MiB."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 2**20
        seconds = {**self._seconds, "total": sum(self._seconds.values())}
        return {
            "seconds": {stage: round(value, 2) for stage, value in seconds.items()},
            "peak_memory_mib": round(peak),
        }
