"""Questions about customers become recorded decisions: one road for requests, batches and replays."""

from collections.abc import Sequence
from datetime import datetime

from serving import metrics
from serving.decision.decide import decide
from serving.decision.facts import Facts, History, Question
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.ledger import Erased, Ledger, Limits, Occasion
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.fact_source import FactSource

CHUNK = 50
"""Questions of one transaction: who asks meanwhile waits some 50 ms for it, which is in the budget."""


class Decider:
    """Facts, rules and a ledger that decide together."""

    def __init__(self, source: FactSource, rulebook: Rulebook, ledger: Ledger) -> None:
        self.source = source
        self.rulebook = rulebook
        self._ledger = ledger
        self._limits = limits_of(rulebook)

    def occasions(
        self, customer_ids: Sequence[str], asking: Asking, at: datetime, asked_by: str
    ) -> list[Occasion]:
        """The question about each customer with all that is known of them at this moment; `at` is UTC.

        `asked_by` is recorded with each. Raises `StoreError` when the store cannot be read.
        """
        known = self.source.facts(customer_ids, asking.basket)
        return [self._occasion(facts, asking, at, asked_by) for facts in known]

    def settle(self, occasions: Sequence[Occasion], deadline: float | None = None) -> list[Decision]:
        """The recorded decision of each occasion, made now where there is none, all in one transaction.

        Raises `LedgerError` when the ledger cannot be used, `TooLate` when `time.monotonic` passes the deadline
        before the commit, `Erased` when a customer was erased since the store was read; then nothing is recorded.
        """
        with metrics.stage("recording"):
            return self._ledger.decide_many(
                occasions, self._limits, days=self.rulebook.window_days, deadline=deadline
            )

    def settle_remaining(self, occasions: Sequence[Occasion]) -> list[Decision | None]:
        """The same with None for each customer who was erased meanwhile, in as many transactions as it takes."""
        try:
            return list(self.settle(occasions))
        except Erased:
            if len(occasions) == 1:
                return [None]
            return [self.settle_remaining([one])[0] for one in occasions]

    def _occasion(self, facts: Facts, asking: Asking, at: datetime, asked_by: str) -> Occasion:
        question = Question(
            decision_id=self._ledger.decision_id(
                facts.customer_id, asking.channel, asking.placement, at.date(), asking.context
            ),
            customer_id=facts.customer_id,
            channel=asking.channel,
            placement=asking.placement,
            at=at,
            limit=asking.limit,
            basket=asking.basket,
            page=asking.page,
            location=asking.location,
        )

        def settled(history: History) -> Decision:
            return decide(question, facts, history, self.rulebook)

        return Occasion(question, settled, asked_by)


def limits_of(rulebook: Rulebook) -> dict[str, Limits]:
    """The limits of every offer that has one, by id."""
    offers = (bound.offer for bound in rulebook.offers)
    limits = ((one.id, Limits(one.per_day, one.budget)) for one in offers)
    return {offer_id: limit for offer_id, limit in limits if limit != Limits()}
