"""Where questions are answered: each decision is recorded before it leaves, inside a budget of time.

Past the budget, or without a ledger, the answer is a flagged *no offer* and nothing is counted.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from features.errors import InputError
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.ledger import Erased, Ledger, LedgerError, Occasion, TooLate, Unreadable
from serving.live.live import Live
from serving.live.served import Served
from serving.next_best_offer.answers import Answers
from serving.next_best_offer.asking import Asked, Asking
from serving.next_best_offer.deciding import CHUNK, Decider
from serving.next_best_offer.fact_source import FactSource
from serving.next_best_offer.schemas import NextBestOfferAnswer
from serving.next_best_offer.together import Together
from serving.runtime import Runtime
from serving.telemetry import logs, metrics
from serving.telemetry.timing import Stage

COMMIT_SHARE = 0.25
"""Of the budget: what the ledger has left for the commit itself when its deadline passes."""
LACKS: Mapping[metrics.Lack, str] = {
    "late": "no answer within the budget",
    "ledger": "the ledger cannot be used",
    "data": "the data cannot be read",
    "erased": "the customer was erased",
    "failed": "the decision failed",
}
"""What callers are told of why nothing was decided; the log has the sentence, which may name files and hosts."""


class Desk:
    """Answers from what `live` holds at the moment; that has to be a store, models and a rulebook."""

    def __init__(self, live: Live, runtime: Runtime, budget_seconds: float) -> None:
        self._live = live
        self._runtime = runtime
        self._budget = budget_seconds
        self._reading = Together[Asked, Decision | Occasion](runtime.readings)
        self._recording = Together[Occasion, Decision](runtime.decisions)
        self._prepared: _Parts | None = None

    async def answer(self, customer_id: str, asking: Asking, asked_by: str) -> NextBestOfferAnswer:
        """The recorded answer to one question, or the flagged default when the budget is spent.

        `asked_by` is the id of the key that asks; a decision keeps that of who asked first.
        """
        asked, parts = Asked(customer_id, asking, self._runtime.clock(), asked_by), self._parts()
        try:
            with Stage("waiting"):
                decision = await self._decision(parts, asked)
        except (InputError, TimeoutError) as fault:
            return _degraded(parts.answers, customer_id, asked.at, _lack(fault))
        return _decided(parts.answers, decision, asking)

    async def answers(
        self, customer_ids: Sequence[str], asking: Asking, asked_by: str
    ) -> list[NextBestOfferAnswer]:
        """The same for many, in the order asked; they take their time, and others are served meanwhile."""
        answered: list[NextBestOfferAnswer] = []
        lack: metrics.Lack | None = None
        for start in range(0, len(customer_ids), CHUNK):
            at, parts = self._runtime.clock(), self._parts()
            chunk = [Asked(one, asking, at, asked_by) for one in customer_ids[start : start + CHUNK]]
            try:
                if lack is None:
                    answered += await self._chunk(parts, chunk)
            except InputError as broken:  # Who is broken is not asked again and again.
                lack = _lack(broken)
            if lack is not None:
                answered += [_degraded(parts.answers, one.customer_id, at, lack) for one in chunk]
        return answered

    async def _decision(self, parts: "_Parts", asked: Asked) -> Decision:
        """A recorded one is read: it does not wait behind those that have to be made."""
        decider, deadline = self._decider(parts), time.monotonic() + (1 - COMMIT_SHARE) * self._budget
        async with asyncio.timeout(self._budget):
            found = await self._reading.answer(parts.read, asked, deadline)
            if isinstance(found, Decision):
                return found
            return await self._recording.answer(decider.settle, found, deadline)

    async def _chunk(self, parts: "_Parts", chunk: Sequence[Asked]) -> list[NextBestOfferAnswer]:
        decider, answers = self._decider(parts), parts.answers
        with Stage("waiting"):
            decided = await self._runtime.writings.run(decider.decided, chunk)
        return [
            _decided(answers, one, asked.asking)
            if isinstance(one, Decision)
            else _degraded(answers, asked.customer_id, asked.at, _lack(one))
            for asked, one in zip(chunk, decided, strict=True)
        ]

    def _decider(self, parts: "_Parts") -> Decider:
        if parts.decider is None:
            raise LedgerError(self._live.ledger_fault or "the ledger is being opened")
        return parts.decider

    def _parts(self) -> "_Parts":
        """What is served right now, prepared once for each set."""
        served, ledger = self._live.served, self._live.ledger
        assert served is not None
        assert served.rulebook is not None
        held = served, served.rulebook, ledger
        if self._prepared is None or any(a is not b for a, b in zip(self._prepared.held, held, strict=True)):
            self._prepared = _Parts.of(*held)
        return self._prepared


@dataclass(frozen=True)
class _Parts:
    """One set of models and store, rulebook and ledger, with what answers; nothing decides without a ledger."""

    held: tuple[Served, Rulebook, Ledger | None]
    answers: Answers
    decider: Decider | None

    @classmethod
    def of(cls, served: Served, rulebook: Rulebook, ledger: Ledger | None) -> Self:
        source = FactSource(served)
        decider = None if ledger is None else Decider(source, rulebook, ledger)
        return cls((served, rulebook, ledger), Answers(source, rulebook), decider)

    def read(self, asked: Sequence[Asked], _: float) -> list[Decision | Occasion]:
        """What is recorded or known; a read waits for nobody, whatever its deadline."""
        assert self.decider is not None
        return self.decider.read(asked)


def _decided(answers: Answers, decision: Decision, asking: Asking) -> NextBestOfferAnswer:
    """The answer of a decision, counted by its first offer."""
    with Stage("wording"):
        answer = answers.of(decision, asking)
    metrics.answered(answer.offers[0].offer_id if answer.offers else None, answer.reason)
    return answer


def _degraded(answers: Answers, customer_id: str, at: datetime, lack: metrics.Lack) -> NextBestOfferAnswer:
    """The flagged default, counted by what was missing."""
    metrics.degraded(lack)
    return answers.degraded(customer_id, at, LACKS[lack])


def _lack(fault: Exception) -> metrics.Lack:
    """What was missing, by the fault, which is logged."""
    lack = _missing(fault)
    if lack == "failed":
        logs.fault("degraded", reason=LACKS[lack], **logs.without_words(fault))
    else:
        logs.fault("degraded", reason=str(fault) or LACKS[lack])
    return lack


def _missing(fault: Exception) -> metrics.Lack:
    if isinstance(fault, TimeoutError | TooLate):
        return "late"
    if isinstance(fault, Erased):
        return "erased"
    if isinstance(fault, LedgerError) and not isinstance(fault, Unreadable):
        return "ledger"
    return "data" if isinstance(fault, InputError) else "failed"
