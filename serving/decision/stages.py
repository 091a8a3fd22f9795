"""The stages before arbitration: how far the offers of a shelf come with one customer in one moment."""

from collections.abc import Iterable

from serving.decision.candidates import candidates
from serving.decision.consent import agreed, refusal
from serving.decision.contact import Breach, ContactPolicy
from serving.decision.ends import End, Ends
from serving.decision.facts import Facts, History, Question
from serving.decision.policy import Policy
from serving.decision.pricing import PriceTag, price
from serving.decision.shelf import Group, Shelf
from serving.decision.tiers import Tiers
from serving.decision.trace import Priced


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

    def reached(self, shelf: Shelf, ends: Ends) -> list[Priced]:
        """The offers in money; `ends` takes each other one with the first stage and rule that it did not pass."""
        groups = candidates(shelf, self._question, self._facts, self._tiers.misfit, ends)
        groups = self._consented(groups, ends)
        groups = self._tiers.passed(groups, ends)
        return self._priced(groups, ends)

    def _consented(self, groups: list[Group], ends: Ends) -> list[Group]:
        """All of them or none: who may not be spoken to may not be told of any offer."""
        if self._refusal is None:
            return groups
        ends.add_all(("consent", *self._refusal), [tag.offer_id for group in groups for tag in group.tags])
        return []

    def _priced(self, groups: Iterable[Group], ends: Ends) -> list[Priced]:
        reached = []
        for group in groups:
            for tag in group.tags:
                result = self._contacted(group, tag)
                if isinstance(result, Priced):
                    reached.append(result)
                else:
                    ends.add(result, tag.offer_id)
        return reached

    def _contacted(self, group: Group, tag: PriceTag) -> Priced | End:
        """Only the budget asks for the price first: an offer without one ends in `score`, whatever was spent."""
        if (breach := self._contact.breach(tag.offer)) is not None:
            return "contact_policy", *breach
        priced = price(tag, group.item, group.chance, self._facts, self._policy.stake)
        if not isinstance(priced, Priced):
            return "score", *priced
        breach = self._contact.overspent(tag.offer, priced)
        return priced if breach is None else ("contact_policy", *breach)


def _refusal(question: Question, facts: Facts, history: History, policy: Policy) -> Breach | None:
    """A channel that the policy does not know has no offers that could end by it."""
    channel = policy.channels.get(question.channel)
    return None if channel is None else refusal(question.channel, channel, facts, history)
