"""A pull again and again: what goes wrong is said once, and never ends it."""

import time
from collections.abc import Callable

from serving.pull.registry import BrokenReleaseError, Found, PullError
from serving.release import Release
from serving.telemetry import logs

Pull = Callable[[Found | None], tuple[Release, bool]]
"""Brings what an alias points at, unless that was refused before."""


class Pulling:
    """Pulls, and remembers what is wrong: a line for each new kind of fault, and one when it is over.

    A broken release is not downloaded at every pull, but once, until the alias has pointed at another one.
    """

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self._fault: str | None = None
        self._refused: Found | None = None

    def forever(self, seconds: float) -> None:
        """Pull, and wait so long between two pulls. Ends when a signal raises."""
        while True:
            self.once()
            time.sleep(seconds)

    def once(self) -> None:
        """Pull; whatever goes wrong is a line of the log."""
        try:
            release, is_new = self._pull(self._refused)
        except Exception as fault:  # noqa: BLE001 - whatever the registry did, the next pull may work
            self._say(fault)
            if isinstance(fault, BrokenReleaseError):
                self._refused = fault.found
            return
        if is_new:
            logs.event("pulled", release=release.version, replaces=release.pulled.replaces)
        if self._fault is not None:
            logs.event("pull-recovered", release=release.version)
        self._fault = self._refused = None

    def _say(self, fault: Exception) -> None:
        kind = _kind(fault)
        if kind != self._fault:
            logs.fault("pull-failed", kind=kind, reason=str(fault) or type(fault).__name__)
        self._fault = kind


def _kind(fault: Exception) -> str:
    """Sentences hold addresses of objects and temporary folders, which differ each time."""
    return fault.kind if isinstance(fault, PullError) else type(fault).__name__
