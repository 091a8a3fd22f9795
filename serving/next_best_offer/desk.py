"""Where questions are answered: each decision is recorded before it leaves, inside a budget of time.

Past the budget, or without a ledger, the answer is a flagged *no offer* and nothing is counted.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ParamSpec, Self, TypeVar

from features.errors import InputError
from serving import logs
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.ledger import Ledger, Occasion
from serving.live import Live
from serving.next_best_offer.answers import Answers
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.deciding import Decider
from serving.next_best_offer.facts import FactSource
from serving.next_best_offer.schemas import NextBestOfferAnswer
from serving.next_best_offer.together import Together
from serving.served import Served

P = ParamSpec("P")
T = TypeVar("T")

Clock = Callable[[], datetime]
CHUNK = 25
"""Customers of a batch that are recorded together: others wait for some 20 ms."""
BUDGET_SECONDS = 0.2
COMMIT_SHARE = 0.25
"""Of the budget: what the ledger has left for the commit itself when its deadline passes."""
THREADS = 6
"""Calls to the ledger at once; the database queues more than it takes."""


def now() -> datetime:
    """The clock of the service, UTC."""
    return datetime.now(UTC)


class Desk:
    """Answers from what `live` holds at the moment; that has to be a store, models and a rulebook."""

    def __init__(self, live: Live, clock: Clock = now, budget_seconds: float = BUDGET_SECONDS) -> None:
        self.clock = clock
        self._live = live
        self._budget = budget_seconds
        self._threads = ThreadPoolExecutor(THREADS, "ledger")
        self._together = Together(self._threads)
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
                answered += self._degraded(chunk, self.clock(), fault)
            else:
                answered += await self._answers(chunk, asking, None)
        return answered

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a call of the ledger returns or raises, while others are served."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answers(
        self, customer_ids: Sequence[str], asking: Asking, until: float | None
    ) -> list[NextBestOfferAnswer]:
        at, parts = self.clock(), self._parts()
        try:
            decider = self._decider(parts)
            settled = await self._settled(decider, decider.occasions(customer_ids, asking, at), until)
        except (InputError, TimeoutError) as fault:
            reason = str(fault) or "the ledger took longer than the budget of an answer"
            logs.fault("degraded", reason=reason)
            return self._degraded(customer_ids, at, reason)
        return [parts.answers.of(decision, asking) for decision in settled]

    def _decider(self, parts: "_Parts") -> Decider:
        if parts.decider is None:
            raise InputError(self._live.ledger_fault or "the ledger is being opened")
        return parts.decider

    def _degraded(self, customer_ids: Sequence[str], at: datetime, fault: str) -> list[NextBestOfferAnswer]:
        answers = self._parts().answers
        return [answers.degraded(customer_id, at, fault) for customer_id in customer_ids]

    async def _settled(
        self, decider: Decider, occasions: Sequence[Occasion], until: float | None
    ) -> list[Decision]:
        if until is None:
            return await self.run(decider.settle, occasions)
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
