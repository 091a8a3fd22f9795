"""Questions about customers become recorded decisions: one road for requests, batches and replays."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from features.store import StoreError
from serving.decision.decide import decide
from serving.decision.facts import Facts, History, Question
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.ledger import Erased, Ledger, LedgerError, Limits, Occasion, Unreadable
from serving.next_best_offer.asking import Asked
from serving.next_best_offer.fact_source import FactSource
from serving.telemetry.timing import Stage

Q = TypeVar("Q")
A = TypeVar("A")

CHUNK = 50
"""Questions of one transaction: who asks meanwhile waits some 50 ms for it, which is in the budget."""


class Decider:
    """Facts, rules and a ledger that decide together."""

    def __init__(self, source: FactSource, rulebook: Rulebook, ledger: Ledger) -> None:
        self.source = source
        self.rulebook = rulebook
        self._ledger = ledger
        self._limits = limits_of(rulebook)

    def read(self, asked: Sequence[Asked]) -> list[Decision | Occasion]:
        """The recorded decision of each question, or the question with all that is known of its customer.

        Waits for nobody who writes. Raises `StoreError` when the store cannot be read, `LedgerError` when the
        ledger cannot.
        """
        with Stage("facts"):
            named = [(self._decision_id(one), one) for one in asked]
            recorded = self._ledger.recorded([name for name, _ in named])
            new = [one for name, one in named if name not in recorded]
            facts = iter(self.source.facts([(one.customer_id, one.asking.basket) for one in new]))
            return [recorded.get(name) or self._occasion(name, one, next(facts)) for name, one in named]

    def settle(self, occasions: Sequence[Occasion], deadline: float | None = None) -> list[Decision]:
        """The recorded decision of each occasion, made now where there is none, all in one transaction.

        Raises `LedgerError` when the ledger cannot be used, `TooLate` when `time.monotonic` passes the deadline
        before the commit, `Erased` when a customer was erased since the store was read; then nothing is recorded.
        """
        with Stage("recording"):
            return self._ledger.decide_many(
                occasions, self._limits, days=self.rulebook.window_days, deadline=deadline
            )

    def decided(self, asked: Sequence[Asked]) -> list[Decision | Exception]:
        """The decision of each question, read or made now, or the fault that is that customer's alone.

        `Erased` is one: the customer was erased since the store was read; `StoreError` another: a row of theirs is
        altered. Raises what is everybody's fault: `LedgerError`, and `StoreError` where nothing can be read.
        """
        found = _answered(self.read, asked)
        made = iter(_answered(self.settle, [one for one in found if isinstance(one, Occasion)]))
        return [next(made) if isinstance(one, Occasion) else one for one in found]

    def _decision_id(self, asked: Asked) -> str:
        asking, day = asked.asking, asked.at.date()
        return self._ledger.decision_id(
            asked.customer_id, asking.channel, asking.placement, day, asking.context
        )

    def _occasion(self, decision_id: str, asked: Asked, facts: Facts) -> Occasion:
        asking = asked.asking
        question = Question(
            decision_id=decision_id,
            customer_id=asked.customer_id,
            channel=asking.channel,
            placement=asking.placement,
            at=asked.at,
            limit=asking.limit,
            basket=asking.basket,
            page=asking.page,
            location=asking.location,
        )

        def settled(history: History) -> Decision:
            return decide(question, facts, history, self.rulebook)

        return Occasion(question, settled, asked.asked_by)


def of_everybody(fault: Exception) -> bool:
    """Whether a fault would meet whoever asks: the ledger's, but for an erased customer and an altered row."""
    return isinstance(fault, LedgerError) and not isinstance(fault, Erased | Unreadable)


def _answered(step: Callable[[Sequence[Q]], Sequence[A]], questions: Sequence[Q]) -> list[A | Exception]:
    """What a step answers to all together; to each alone when that fails by one of them.

    Raises what is everybody's fault, such as a store of which nothing can be read.
    """
    try:
        return list(step(questions)) if questions else []
    except Exception as fault:
        if of_everybody(fault):
            raise
        if len(questions) == 1:
            return [fault]
    alone = [_answered(step, [one])[0] for one in questions]
    faults = [one for one in alone if isinstance(one, StoreError)]
    if len(faults) == len(alone):
        raise faults[0]
    return alone


def limits_of(rulebook: Rulebook) -> dict[str, Limits]:
    """The limits of every offer that has one, by id."""
    offers = (bound.offer for bound in rulebook.offers)
    limits = ((one.id, Limits(one.per_day, one.budget)) for one in offers)
    return {offer_id: limit for offer_id, limit in limits if limit != Limits()}
