"""How what is newer on disk takes the place of what is being served.

What is newer is loaded whole, verified and asked once, then swapped in at once: models, store and rules are one
object, so that every answer is made of exactly one set, and a request that began with the old set ends with it.
When the newer one is broken, or would silence what answers now, the old one goes on and a log line says why. Where
nothing answers yet, the release before takes the place of one that is not whole, so that a worker which starts
answers as those which run. Without such a one each part is for itself: without rules the models answer, without
models the ledger takes outcomes. Only nobody is served before the ledger has been open once: it knows who was
erased.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from features.errors import InputError
from features.store import SqliteStore, StoreError, remove_customers
from serving.decision.catalogue import ended_before
from serving.decision.rulebook import Rulebook, Rules, read_rules
from serving.ledger import Ledger, LedgerError, open_ledger, read_secret
from serving.live.live import Live
from serving.live.models import Models, load_kept, load_live
from serving.live.newest import Newest
from serving.live.served import Served
from serving.live.store import load_store
from serving.release import CURRENT, PULLED, live_folder
from serving.scoring.artifact import ModelError
from serving.settings import Settings
from serving.stamp import stamp
from serving.telemetry import logs

POLL_SECONDS = 1.0
_REFUSED = ("refused", "ledger-refused", "rulebook-refused")
REST = 20.0
"""Times as long as it took to find a release broken: it costs the calls a twentieth of a processor at most."""


class Watch:
    """Brings the newest release, store, catalogue and policy from disk into a `Live`, and opens the ledger.

    A store is served without those who were erased: they are removed from its file first. Raises `InputError` for
    a catalogue without a policy, or the other way round. `swapped` is called after each swap.
    """

    def __init__(self, live: Live, settings: Settings, swapped: Callable[[], None] = lambda: None) -> None:
        self._live = live
        self._settings = settings
        self._swapped = swapped
        self._files = settings.rule_files
        self._alone = threading.Lock()
        self._models = Newest(
            lambda: _seen_release(settings.release),
            lambda: load_live(settings.release),
            REST,
            instead=lambda: load_kept(settings.release),
        )
        self._ledger = Newest(lambda: None, self._open_ledger)
        self._store = Newest(lambda: (stamp(settings.store), self._ledger.value), self._load_store)
        self._written = Newest(lambda: tuple(map(stamp, self._files or ())), self._read_rules)
        self._rules = Newest(self._seen_rules, self._fitting_rules)
        self._joined = Newest(self._parts, self._join)
        self._not_whole: Served | None = None
        self._failed: str | None = None

    async def forever(self) -> None:
        """Look every second; loading happens in a thread, so that requests go on meanwhile."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Refresh whatever lies on the disk: a fault that nobody expected is a line of the log, and no end."""
        try:
            self.refresh()
            self._failed = None
        except Exception as fault:  # noqa: BLE001 - see above
            self._failed = _said("refresh-failed", type(fault).__name__, self._failed)

    def refresh(self) -> None:
        """Swap in what is newer on disk when it is whole and fits; otherwise say once why not."""
        with self._alone:
            live, ledger = self._live, self._refresh_ledger()
            faults = [self._models.refresh(), self._store.refresh()]
            of_rules = None
            if self._models.value is not None and self._store.value is not None:
                of_rules = self._written.refresh() or self._rules.refresh()
                faults.append(self._joined.refresh())
            faults += self._swap()
            if live.served is not None:
                of_rules = of_rules or live.served.unbound
            live.ledger = self._ledger.value if ledger is None else None
            self._tell("; ".join(filter(None, faults)) or None, ledger, of_rules)

    def _tell(self, *now: str | None) -> None:
        """Hold the faults of models and store, ledger and rules; who reads their lines may ask for them."""
        live = self._live
        before = live.fault, live.ledger_fault, live.rulebook_fault
        live.fault, live.ledger_fault, live.rulebook_fault = now
        for event, fault, older in zip(_REFUSED, now, before, strict=True):
            _said(event, fault, older)

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

    def _open_ledger(self) -> Ledger:
        return open_ledger(self._settings.ledger, read_secret(self._settings.secret_file))

    def _load_store(self) -> SqliteStore:
        if self._ledger.value is None:
            raise StoreError("nobody is served before the ledger is open, which knows who was erased")
        return load_store(self._settings.store, self._ledger.value)

    def _read_rules(self) -> Rules | None:
        """Those of the files, read only when these change: a catalogue of a thousand offers takes a while."""
        if self._files is None:
            return None
        rules = read_rules(*self._files)
        return self._written.value if rules == self._written.value else rules

    def _seen_rules(self) -> object:
        return self._written.value, self._models.value, self._store.value

    def _fitting_rules(self) -> Rules | None:
        """Files are taken when they bind to the store, so that the older ones go on beside broken ones."""
        assert self._models.value is not None
        assert self._store.value is not None
        if self._files is None:
            return self._models.value.rules
        if self._written.value is not None:
            self._written.value.bound(self._store.value.info)
        return self._written.value

    def _parts(self) -> object:
        return self._models.value, self._store.value, self._rules.value

    def _join(self) -> Served:
        assert self._models.value is not None
        return self._joined_with(self._models.value, self._rules.value)

    def _joined_with(self, models: Models, rules: Rules | None) -> Served:
        assert self._store.value is not None
        served = Served(models, self._store.value, self._settings.stale_after, rules)
        served.warm_up()
        return served

    def _before(self, joined: Served) -> Served | None:
        """At a start with a set that is not whole: the one before, if it is, and `joined` could not replace it."""
        if self._live.served is not None or not joined.faults or joined is self._not_whole:
            return None
        self._not_whole = joined  # looked for once: loading takes a while
        try:
            models = load_kept(self._settings.release)
            before = self._joined_with(models, models.rules if self._files is None else self._rules.value)
        except (InputError, OSError):
            return None
        return None if before.faults or joined.may_replace(before) else before

    def _swap(self) -> list[str]:
        """Let the joined set answer from now on, or say why it may not."""
        joined, before = self._joined.value, self._live.served
        if joined is None or joined is before:
            return [] if joined is None else list(joined.unfit.values())
        if (kept := self._before(joined)) is not None:
            self._serve(kept)
            return joined.faults
        if not joined.may_replace(before):
            return joined.faults
        self._serve(joined)
        return list(joined.unfit.values())

    def _serve(self, served: Served) -> None:
        before, self._live.served = self._live.served, served
        logs.event(
            "serving",
            release=served.models.release.version,
            models=served.versions,
            rulebook=served.rulebook and served.rulebook.name,
            as_of=served.store.info.as_of,
        )
        if served.rulebook is not None and (before is None or before.rules != served.rules):
            _report_ended(served.rulebook)
        self._swapped()


def _seen_release(root: Path) -> object:
    """Which release the pointer names, and whether it is still there."""
    try:
        folder = live_folder(root)
    except (ModelError, OSError):
        folder = root
    return stamp(root / CURRENT), stamp(folder / PULLED)


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
