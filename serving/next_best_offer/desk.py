"""Where questions are answered: each decision is recorded before it leaves, inside a budget of time.

Past the budget, or without a ledger, the answer is a flagged *no offer* and nothing is counted.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from features.errors import InputError
from serving import logs
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.ledger import Ledger, Occasion
from serving.live import Live
from serving.next_best_offer.answers import Answers
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.deciding import CHUNK, Decider
from serving.next_best_offer.facts import FactSource
from serving.next_best_offer.schemas import NextBestOfferAnswer
from serving.next_best_offer.together import Together
from serving.runtime import Runtime
from serving.served import Served

COMMIT_SHARE = 0.25
"""Of the budget: what the ledger has left for the commit itself when its deadline passes."""


class Desk:
    """Answers from what `live` holds at the moment; that has to be a store, models and a rulebook."""

    def __init__(self, live: Live, runtime: Runtime, budget_seconds: float) -> None:
        self._live = live
        self._runtime = runtime
        self._budget = budget_seconds
        self._together = Together(runtime.ledger)
        self._prepared: _Parts | None = None

    async def answer(self, customer_id: str, asking: Asking) -> NextBestOfferAnswer:
        """The recorded answer to one question, or the flagged default when the budget is spent."""
        began = time.monotonic()
        (answer,) = await self._answers([customer_id], asking, began + self._budget)
        return answer

    async def answers(self, customer_ids: Sequence[str], asking: Asking) -> list[NextBestOfferAnswer]:
        """The same for many, in the order asked; they take their time, and others are served meanwhile."""
        answered: list[NextBestOfferAnswer] = []
        for start in range(0, len(customer_ids), CHUNK):
            chunk = customer_ids[start : start + CHUNK]
            if answered and (fault := answered[-1].fault):  # The ledger is not asked again and again.
                answered += _degraded(self._parts(), chunk, self._runtime.clock(), fault)
            else:
                answered += await self._answers(chunk, asking, None)
        return answered

    async def _answers(
        self, customer_ids: Sequence[str], asking: Asking, until: float | None
    ) -> list[NextBestOfferAnswer]:
        at, parts = self._runtime.clock(), self._parts()
        try:
            decider = self._decider(parts)
            settled = await self._settled(decider, decider.occasions(customer_ids, asking, at), until)
        except (InputError, TimeoutError) as fault:
            reason = str(fault) or "no answer within the budget"
            logs.fault("degraded", reason=reason)
            return _degraded(parts, customer_ids, at, reason)
        return [parts.answers.of(decision, asking) for decision in settled]

    def _decider(self, parts: "_Parts") -> Decider:
        if parts.decider is None:
            raise InputError(self._live.ledger_fault or "the ledger is being opened")
        return parts.decider

    async def _settled(
        self, decider: Decider, occasions: Sequence[Occasion], until: float | None
    ) -> list[Decision]:
        if until is None:
            return await self._runtime.ledger.run(decider.settle, occasions)
        deadline = until - COMMIT_SHARE * self._budget
        async with asyncio.timeout(until - time.monotonic()):
            return [await self._together.settle(decider.settle, one, deadline) for one in occasions]

    def _parts(self) -> "_Parts":
        """What is served right now, prepared once for each set."""
        live = self._live
        assert live.served is not None
        assert live.rulebook is not None
        held = live.served, live.rulebook, live.ledger
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


def _degraded(
    parts: _Parts, customer_ids: Sequence[str], at: datetime, fault: str
) -> list[NextBestOfferAnswer]:
    return [parts.answers.degraded(customer_id, at, fault) for customer_id in customer_ids]
