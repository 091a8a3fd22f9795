"""A decision becomes an answer that people and programs can read. No HTTP here."""

from datetime import datetime

from features.store import StoreError
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision, Priced
from serving.next_best_offer import sentences
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.fact_source import FactSource
from serving.next_best_offer.schemas import GivenOffer, NextBestOfferAnswer

ASSUMPTION = "assumption"
"""The source of a number that nobody has measured."""


class Answers:
    """The words of one set of models, one store and one rulebook.

    A decision may be older than these: what they no longer know of is said by its id, without words.
    """

    def __init__(self, source: FactSource, rulebook: Rulebook) -> None:
        self._served = source.served
        self._items = source.names
        self._rulebook = rulebook.name
        self._offers = {bound.offer.id: bound.offer.name for bound in rulebook.offers}

    def of(self, decision: Decision, asking: Asking) -> NextBestOfferAnswer:
        """The answer of a decision, with as many of its offers as asked for; words that cannot be read are not."""
        given = decision.given[: asking.limit]
        return NextBestOfferAnswer(
            decision_id=decision.decision_id,
            customer_id=decision.customer_id,
            status="known" if decision.known else "unknown",
            answer="offer" if given else "no_offer",
            reason=decision.reason,
            why=sentences.why(decision),
            group=decision.group,
            explored=decision.explored,
            offers=[self._offer(decision, asking, rank, one) for rank, one in enumerate(given, start=1)],
            selection_probability=decision.selection_probability,
            decided_at=decision.decided_at,
            as_of=decision.as_of,
            release=decision.release,
            rulebook=decision.rulebook,
            degraded=False,
            fault=None,
            stale=self._served.stale,
        )

    def degraded(self, customer_id: str, at: datetime, fault: str) -> NextBestOfferAnswer:
        """The answer when nothing could be decided in time: no offer, and nothing is counted."""
        return NextBestOfferAnswer(
            decision_id=None,
            customer_id=customer_id,
            status=None,
            answer="no_offer",
            reason="degraded",
            why=f"Nothing was decided: {fault}.",
            group=None,
            explored=False,
            offers=[],
            selection_probability=None,
            decided_at=at,
            as_of=self._served.store.info.as_of,
            release=self._served.release,
            rulebook=self._rulebook,
            degraded=True,
            fault=fault,
            stale=self._served.stale,
        )

    def _offer(self, decision: Decision, asking: Asking, rank: int, priced: Priced) -> GivenOffer:
        assert priced.offer_id is not None
        assert priced.kind is not None
        factors = priced.factors
        return GivenOffer(
            offer_id=priced.offer_id,
            name=self._offers.get(priced.offer_id, priced.offer_id),
            kind=priced.kind,
            item=priced.item,
            item_name=None if priced.item is None else self._items.get(priced.item, priced.item),
            rank=rank,
            priority=priced.priority,
            currency=decision.currency,
            words=self._words(decision.customer_id, asking, priced),
            factors=[sentences.factor_answer(factor, decision.currency) for factor in factors],
            assumptions=[factor.name for factor in factors if factor.source == ASSUMPTION],
        )

    def _words(self, customer_id: str, asking: Asking, priced: Priced) -> list[str]:
        if priced.item is None:
            return []
        if priced.kind == "bundle":
            return self._of_bundle(asking, priced.item)
        try:
            reasons = (
                [] if self._served.offers is None else self._served.offers.reasons(customer_id, priced.item)
            )
        except StoreError:  # The decision is made and counted: it goes out without words.
            return []
        return [reason.words for reason in reasons]

    def _of_bundle(self, asking: Asking, item: str) -> list[str]:
        bundles = self._served.bundles
        because = [] if bundles is None else bundles.because(asking.basket, item)
        return [sentences.goes_with(because)] if because else []
