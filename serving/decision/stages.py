"""The stages before arbitration: how far each offer of the catalogue comes with one customer in one moment."""

from serving.decision.candidates import Candidate, Items, candidate
from serving.decision.consent import agreed, refusal
from serving.decision.contact import Breach, ContactPolicy
from serving.decision.facts import Facts, History, Question
from serving.decision.policy import Policy
from serving.decision.pricing import price
from serving.decision.rulebook import BoundOffer
from serving.decision.tiers import Tiers
from serving.decision.trace import Ended, Priced


class Stages:
    """All that offers are held against, made ready once for a decision."""

    def __init__(
        self, question: Question, facts: Facts, history: History, policy: Policy, contact: ContactPolicy
    ) -> None:
        self._question = question
        self._facts = facts
        self._policy = policy
        self._contact = contact
        self._refusal = _refusal(question, facts, history, policy)
        self._tiers = Tiers(question, facts, agreed(policy, facts, history))
        self._items = Items(question, facts, self._tiers.fits)

    def reached(self, bound: BoundOffer) -> Priced | Ended:
        """The offer in money, or the first stage and rule that it did not pass.

        Only the budget asks for the price first: an offer without one ends in `score`, however much is spent.
        """
        found = candidate(bound, self._question, self._items)
        if isinstance(found, Ended):
            return found
        if self._refusal is not None:
            return Ended(bound.offer.id, "consent", *self._refusal)
        if (ended := self._tiers.breach(found)) is not None:
            return ended
        if (breach := self._contact.breach(bound.offer)) is not None:
            return Ended(bound.offer.id, "contact_policy", *breach)
        return self._affordable(found)

    def _affordable(self, found: Candidate) -> Priced | Ended:
        priced = price(found, self._question.channel, self._facts, self._policy)
        if isinstance(priced, Ended):
            return priced
        breach = self._contact.overspent(found.bound.offer, priced)
        return priced if breach is None else Ended(priced.offer_id, "contact_policy", *breach)


def _refusal(question: Question, facts: Facts, history: History, policy: Policy) -> Breach | None:
    """A channel that the policy does not know has no offers that could end by it."""
    channel = policy.channels.get(question.channel)
    return None if channel is None else refusal(question.channel, channel, facts, history)
