"""What is being served right now, and how something newer on disk takes its place.

What is newer is loaded whole and verified, then swapped in at once; a request that began with the old set ends
with it. When the newer one is broken, or would silence a model that answers now, the old one goes on and a log
line says why. Each part is for itself: without rules the models answer, without models the ledger takes
outcomes. Only nobody is served before the ledger has been open once: it knows who was erased.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from features.errors import InputError
from features.store import SqliteStore, StoreError, remove_customers
from serving import logs
from serving.decision.catalogue import ended_before
from serving.decision.rulebook import Rulebook, read_rulebook
from serving.ledger import Ledger, LedgerError, open_ledger, read_secret
from serving.models import load_live
from serving.release import CURRENT
from serving.served import Served
from serving.settings import Settings

T = TypeVar("T")

POLL_SECONDS = 1.0


class Live:
    """Holds what answers right now, and of each part why there is none, or why a newer one is refused.

    `served` and `fault` are models and store, `rulebook` is what marketers decided, `ledger` remembers.
    """

    def __init__(self, served: Served | None = None, fault: str | None = None) -> None:
        self.served = served
        self.fault = fault
        self.rulebook: Rulebook | None = None
        self.rulebook_fault: str | None = None
        self.ledger: Ledger | None = None
        self.ledger_fault: str | None = None

    @property
    def faults(self) -> str | None:
        """All that is wrong, in one text, or None."""
        every = (self.fault, self.rulebook_fault, self.ledger_fault)
        return "; ".join(fault for fault in every if fault) or None


class Watch:
    """Brings the newest release, store, catalogue and policy from disk into a `Live`, and opens the ledger.

    A store is served without those who were erased: they are removed from its file first.
    """

    def __init__(self, live: Live, settings: Settings) -> None:
        self._live = live
        self._settings = settings
        self._alone = threading.Lock()
        self._models = _Newest(
            lambda: _stamp(settings.release / CURRENT), lambda: load_live(settings.release)
        )
        self._ledger = _Newest(lambda: None, self._open_ledger)
        self._store = _Newest(lambda: (_stamp(settings.store), self._ledger.value), self._load_store)
        self._rulebook = _Newest(self._seen_rules, self._read_rulebook)
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
        with self._alone:
            ledger = self._refresh_ledger()
            faults = [fault for fault in (self._models.refresh(), self._store.refresh()) if fault]
            self._join()
            if self._joined is not None:
                faults += self._joined.unfit.values()
            self._live.fault = _said("refused", "; ".join(faults) or None, self._live.fault)
            self._live.ledger = self._ledger.value if ledger is None else None
            self._live.ledger_fault = _said("ledger-refused", ledger, self._live.ledger_fault)
            self._refresh_rulebook()

    def close(self) -> None:
        """Let go of the ledger, so that its file is whole without a journal."""
        with self._alone:
            if self._ledger.value is not None:
                self._ledger.value.close()

    def forget(self, customer_id: str) -> Mapping[str, int]:
        """Remove a customer from the store on disk and go on without them: how many rows went, by table.

        Raises `StoreError` when there is no store, it cannot be written, or an older one has to go on answering.
        """
        removed = remove_customers(self._settings.store, [customer_id])
        self.refresh()
        if self._live.served is not None and self._live.served.store.get(customer_id) is not None:
            raise StoreError(
                "the customer is removed from the store on disk, but an older one answers, which still has them: "
                f"{self._live.fault}; publish a store that fits, then delete them again"
            )
        return removed

    def _refresh_ledger(self) -> str | None:
        """Opened once: another file in its place needs a new start, so that no journal of the old one is left."""
        fault = self._ledger.refresh()
        if self._ledger.value is None:
            return fault
        try:
            self._ledger.value.require_place()
        except LedgerError as gone:
            return str(gone)
        return None

    def _refresh_rulebook(self) -> None:
        """Rules are bound to what a store knows, so that they wait for one."""
        if self._live.served is None:
            return
        fault = self._rulebook.refresh()
        if self._rulebook.value is not None and self._rulebook.value is not self._live.rulebook:
            self._live.rulebook = self._rulebook.value
            logs.event("rulebook", version=self._live.rulebook.name)
            _report_ended(self._live.rulebook)
        self._live.rulebook_fault = _said("rulebook-refused", fault, self._live.rulebook_fault)

    def _open_ledger(self) -> Ledger:
        return open_ledger(self._settings.ledger, read_secret(self._settings.secret_file))

    def _load_store(self) -> SqliteStore:
        if self._ledger.value is None:
            raise StoreError("nobody is served before the ledger is open, which knows who was erased")
        return load_store(self._settings.store, self._ledger.value)

    def _seen_rules(self) -> object:
        info = None if self._live.served is None else self._live.served.store.info
        return _stamp(self._settings.catalogue), _stamp(self._settings.policy), info

    def _read_rulebook(self) -> Rulebook:
        assert self._live.served is not None
        info = self._live.served.store.info
        return read_rulebook(self._settings.catalogue, self._settings.policy, info)

    def _join(self) -> None:
        models, store, joined = self._models.value, self._store.value, self._joined
        if models is None or store is None:
            return
        if joined is not None and joined.models is models and joined.store is store:
            return
        self._joined = Served(models, store, self._settings.stale_after)
        if self._joined.may_replace(self._live.served):
            self._live.served = self._joined
            logs.event("serving", models=self._joined.versions, as_of=store.info.as_of)


def load_store(path: Path, ledger: Ledger) -> SqliteStore:
    """The store at a path without anybody who was erased: they are removed from its file first.

    Raises `StoreError` for a missing or broken store, `LedgerError` when the ledger cannot be asked.
    """
    store = SqliteStore(path)
    if not (erased := ledger.erased(store.ids())):
        return store
    store.close()
    remove_customers(path, erased)
    logs.event("erased-removed", customers=len(erased))
    return SqliteStore(path)


class _Newest(Generic[T]):
    """The newest whole version of something; `seen` says what it would be made from, `load` makes it."""

    def __init__(self, seen: Callable[[], object], load: Callable[[], T]) -> None:
        self.value: T | None = None
        self._seen = seen
        self._load = load
        self._made_from: object = None

    def refresh(self) -> str | None:
        """Load again when what is seen has changed; returns why that failed, and keeps the older value then."""
        seen = self._seen()
        if self.value is not None and seen == self._made_from:
            return None
        try:
            self.value, self._made_from = self._load(), seen
        except (InputError, OSError) as fault:
            return str(fault)
        return None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Identity of a file, taken before it is read: at worst it is read once too often."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _report_ended(rulebook: Rulebook) -> None:
    """Offers that nobody can get any more are no reason to stop the others, but somebody should know."""
    ended = ended_before(datetime.now(UTC).date(), (bound.offer for bound in rulebook.offers))
    if ended:
        logs.fault("offers-ended", offers=[offer.id for offer in ended])


def _said(event: str, fault: str | None, before: str | None) -> str | None:
    """The fault, which is logged when it is another one than before."""
    if fault is not None and fault != before:
        logs.fault(event, reason=fault)
    return fault
