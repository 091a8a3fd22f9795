"""The ledger: what was decided, what became of it, and what customers agreed to, in one SQL database."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from math import isfinite

from sqlalchemy import Connection

from features.errors import InputError
from serving.decision.facts import Consent, History
from serving.decision.trace import Decision
from serving.ids import MAX_ID
from serving.ledger import audit, erasure, outcomes, recording, totals
from serving.ledger.audit import Sealed
from serving.ledger.consents import Pair, newest_consents, record_consent
from serving.ledger.database import Database
from serving.ledger.faults import Erased, Unreadable
from serving.ledger.knowledge import history_of
from serving.ledger.records import Erasure, Limits, LoggedDecision, Occasion, Outcome, Recorded, Totals
from serving.ledger.seals import seal_of
from serving.ledger.secret import keyed_hash
from serving.ledger.tables import decisions

_ATTEMPTS = 100  # each lost race leaves one offer fewer to give
_PATIENCE = 3.0  # seconds that an erasure waits for who reads the journal
_PAGE = 1000  # decisions of an export in memory at once


class Ledger:
    """An open ledger, for all threads of a process.

    Every method raises `LedgerError` when the database cannot be used; then nothing was recorded. What a writing
    method returned is on disk. Ids of customers and keys of outcomes have 1 to 128 characters, no NUL among them;
    others raise `InputError`. Days are of UTC.
    """

    def __init__(self, database: Database, secret: bytes, *, may_hold_unsealed: bool = False) -> None:
        self._database = database
        self._secret = secret
        self._seal = partial(seal_of, secret)
        self._may_hold_unsealed = may_hold_unsealed

    def decision_id(
        self, customer_id: str, channel: str, placement: str, day: date, context: Mapping[str, object]
    ) -> str:
        """The id of the decision of an occasion: 32 hex digits, the same for equal arguments in every process.

        The values of the context are those of JSON.
        """
        occasion = [customer_id, channel, placement, day.isoformat(), context]
        return keyed_hash(self._secret, "occasion", json.dumps(occasion, sort_keys=True))[:32]

    def recorded(self, decision_ids: Iterable[str]) -> dict[str, Decision]:
        """Those of the decisions that were made, by id; waits for nobody who writes."""
        with self._database.reading() as connection:
            return recording.recorded(connection, decision_ids)

    def decide_many(
        self,
        occasions: Sequence[Occasion],
        limits: Mapping[str, Limits],
        *,
        days: float,
        deadline: float | None = None,
    ) -> list[Decision]:
        """The one decision of each occasion: the recorded one, else what it makes of the history, recorded.

        Up to some hundred are one transaction, in their order; all are recorded or none, and each sees what those
        before it give. `limits` by offer id; an offer that is not in it has none. `days` is how far back contacts
        and rejections matter. A limit holds exactly however many processes decide at once: who loses the race for
        the last piece decides again. Contacts count for what is given and for what is withheld, pieces and money
        for what is given alone. The customers stay locked to the end, locked in one fixed order, then the limits
        in order of the offers: two chunks never wait for each other in a circle. It waits for others who write,
        also where all is recorded: ask `recorded` first. Raises `TooLate` when `deadline` (of `time.monotonic`)
        passes before the commit, and `Erased` when one is made from what was known of a customer who has been
        erased.
        """
        ids = [_fit(occasion.question.customer_id, "customer id") for occasion in occasions]
        for _ in range(_ATTEMPTS):
            try:
                with self._database.writing(ids, deadline) as connection:
                    made = recording.settle(connection, occasions, limits, days, self._seal)
                    self._require_present(connection, made)
                    return made
            except recording.LostRaceError:
                continue
        raise RuntimeError("a decision gives an offer whose limit is reached, however often it is asked")

    def decision(self, decision_id: str) -> Recorded | None:
        """The decision and what became of it so far, or None when nobody made it or its customer was erased."""
        with self._database.reading() as connection:
            return outcomes.recorded_with_outcomes(connection, decision_id)

    def record_outcome(self, outcome: Outcome) -> bool:
        """Record what became of a decision, however late; False when it was recorded before under its key.

        An impression, an acceptance and a rejection count once for each offer of a decision, whatever their keys.
        The moment is no part of what has to agree under one key. Raises `UnknownDecision`; `KeyTaken` when the
        key stands for something else; `NotGiven` when the decision gave no such offer; `InputError` for a value
        that is not a finite number.
        """
        _fit(outcome.key, "key of an outcome")
        if outcome.value is not None and not isfinite(outcome.value):
            raise InputError(
                f"the value {outcome.value} of an outcome is no amount of money: give a finite number"
            )
        with self._database.reading() as connection:
            customer_id = outcomes.customer_of(connection, outcome.decision_id)
        with self._database.writing([customer_id]) as connection:
            return outcomes.record(connection, outcome)

    def set_consent(self, customer_id: str, channel: str, purpose: str, consent: Consent) -> None:
        """Keep what a customer said; the newest statement holds, and of two of one moment the refusal."""
        _fit(customer_id, "customer id")
        with self._database.writing([customer_id]) as connection:
            record_consent(connection, customer_id, (channel, purpose), consent)

    def consents(self, customer_id: str) -> dict[Pair, Consent]:
        """The newest statement for each (channel, purpose) that the customer said anything about."""
        with self._database.reading() as connection:
            return newest_consents(connection, [customer_id])[customer_id]

    def history(self, customer_id: str, at: datetime, days: float) -> History:
        """What was said to a customer and by them up to a moment; nothing of what is left of the offers."""
        with self._database.reading() as connection:
            return history_of(connection, customer_id, at, days)

    def erase(self, customer_id: str, at: datetime) -> Erasure:
        """Remove every row of a customer; what stays is counts without a name and a keyed hash of the id."""
        _fit(customer_id, "customer id")
        with self._database.writing([customer_id]) as connection:
            removed, kept = erasure.erase(connection, customer_id, self._customer_hash(customer_id), at)
        return Erasure(removed, kept, overwritten=self._database.flush(_PATIENCE))

    def erased(self, customer_ids: Iterable[str]) -> set[str]:
        """Those of the ids who have been erased, so that no new data brings them back unnoticed."""
        with self._database.reading() as connection:
            hashes = erasure.erased_hashes(connection)
        return {one for one in customer_ids if self._customer_hash(one) in hashes} if hashes else set()

    def logged(
        self, until: datetime | None = None, unreadable: Callable[[Unreadable], None] | None = None
    ) -> Iterator[LoggedDecision]:
        """Every decision made before `until` with its reward so far, by id, with few in memory at once.

        One that cannot be read is told to `unreadable` and left out; raises `Unreadable` where nobody listens.
        """
        chosen = [] if until is None else [decisions.c.decided_at < until]
        last = ""
        while True:
            with self._database.reading() as connection:
                page = totals.logged_after(connection, last, _PAGE, *chosen)
            if not page:
                return
            for one in page:
                if isinstance(one, LoggedDecision):
                    yield one
                elif unreadable is None:
                    raise one
                else:
                    unreadable(one)
            last = page[-1].decision_id

    def totals(self, since: datetime | None = None) -> Totals:
        """What every offer came to in decisions from `since` on; the counts of erased customers have no date."""
        chosen = [] if since is None else [decisions.c.decided_at >= since]
        with self._database.reading() as connection:
            return Totals(totals.customer_totals(connection, *chosen), totals.kept_totals(connection))

    def sealed(self, since: datetime | None = None) -> Iterator[list[Sealed]]:
        """Every decision from `since` on under its seal, page by page in the order of the ids."""
        chosen = [] if since is None else [decisions.c.decided_at >= since]
        last: object = None
        while True:
            with self._database.reading() as connection:
                page, last = audit.sealed_after(
                    connection, last, _PAGE, self._seal, *chosen, may_hold_unsealed=self._may_hold_unsealed
                )
            if not page:
                return
            yield page

    def orphans(self) -> list[str]:
        """The ids of decisions that are not there, though answers of theirs are."""
        with self._database.reading() as connection:
            return audit.orphans(connection)

    def untold(self) -> dict[str, int]:
        """By offer, how many more times it was counted as given than decisions tell of, where they disagree."""
        with self._database.reading() as connection:
            return audit.untold(connection)

    def pseudonym(self, customer_id: str) -> str:
        """16 hex digits for tables that go to others: of the same customer always the same, and of no use here."""
        return keyed_hash(self._secret, "pseudonym", customer_id)[:16]

    def require_place(self) -> None:
        """Raises `LedgerError` when its file was deleted or replaced since; then it takes nothing more."""
        self._database.require_place()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _require_present(self, connection: Connection, made: Iterable[Decision]) -> None:
        """Nobody brings back what was known of who was erased: their customers are locked. Raises `Erased`."""
        hashes = {self._customer_hash(decision.customer_id) for decision in made if decision.known}
        if hashes and erasure.any_erased(connection, hashes):
            raise Erased

    def _customer_hash(self, customer_id: str) -> str:
        return keyed_hash(self._secret, "customer", customer_id)


def _fit(text: str, what: str) -> str:
    """The text, when both databases can hold it and find it again."""
    whole = text.encode(errors="replace").decode() == text and "\0" not in text
    if not (0 < len(text) <= MAX_ID and whole):
        raise InputError(f"a {what} has 1 to {MAX_ID} characters of Unicode, none of them NUL")
    return text
