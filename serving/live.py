"""What is being served right now, and how something newer on disk takes its place.

The newer release or store is loaded whole and verified, then swapped in at once; a request that began with
the old set ends with it. When the newer one is broken, or would silence a model that answers now, the old one
goes on and a log line says why.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from features.errors import InputError
from features.store import SqliteStore
from serving import logs
from serving.models import load_live
from serving.release import CURRENT
from serving.served import Served
from serving.settings import Settings

T = TypeVar("T")

POLL_SECONDS = 1.0


class Live:
    """Holds the set that answers, and why there is none, why a model is silent or a newer set is refused."""

    def __init__(self, served: Served | None = None, fault: str | None = None) -> None:
        self.served = served
        self.fault = fault


class Watch:
    """Brings the newest release and store from disk into a `Live`."""

    def __init__(self, live: Live, settings: Settings) -> None:
        self._live = live
        self._stale_after = settings.stale_after
        self._models = _Newest(settings.release / CURRENT, lambda: load_live(settings.release))
        self._store = _Newest(settings.store, lambda: SqliteStore(settings.store))
        self._joined: Served | None = None

    async def forever(self) -> None:
        """Look every second; loading happens in a thread, so that requests go on meanwhile."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await asyncio.to_thread(self.refresh)
            except Exception as fault:  # noqa: BLE001 - the watch outlives whatever lies on the disk
                logs.fault("refresh-failed", kind=type(fault).__name__)

    def refresh(self) -> None:
        """Swap in what is newer on disk when it is whole and fits; otherwise say once why not."""
        faults = [fault for fault in (self._models.refresh(), self._store.refresh()) if fault]
        self._join()
        if self._joined is not None:
            faults += self._joined.unfit.values()
        self._report("; ".join(faults) or None)

    def _join(self) -> None:
        models, store, joined = self._models.value, self._store.value, self._joined
        if models is None or store is None:
            return
        if joined is not None and joined.models is models and joined.store is store:
            return
        self._joined = Served(models, store, self._stale_after)
        if self._joined.may_replace(self._live.served):
            self._live.served = self._joined
            logs.event("serving", models=self._joined.versions, as_of=store.info.as_of)

    def _report(self, fault: str | None) -> None:
        if fault is not None and fault != self._live.fault:
            logs.fault("refused", reason=fault)
        self._live.fault = fault


class _Newest(Generic[T]):
    """The newest whole version of something on disk; its file is replaced at once and never changed."""

    def __init__(self, path: Path, load: Callable[[], T]) -> None:
        self.value: T | None = None
        self._path = path
        self._load = load
        self._stamp: tuple[int, int, int] | None = None

    def refresh(self) -> str | None:
        """Load again when the file was replaced; returns why that failed, and keeps the older value then."""
        stamp = self._seen()
        if self.value is not None and stamp == self._stamp:
            return None
        try:
            self.value, self._stamp = self._load(), stamp
        except (InputError, OSError) as fault:
            return str(fault)
        return None

    def _seen(self) -> tuple[int, int, int] | None:
        """Identity of the file, taken before it is read: at worst it is read once too often."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
