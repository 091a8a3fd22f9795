"""The three tiers of rules that an offer brings: must, relevant now, good for the customer."""

from collections import ChainMap
from collections.abc import Mapping

from serving.decision.attributes import CONSENT
from serving.decision.candidates import Candidate
from serving.decision.conditions import Condition, holds, met
from serving.decision.facts import Facts, ItemChance, Question, Value
from serving.decision.rulebook import BoundOffer
from serving.decision.trace import Ended, Stage


class Tiers:
    """The rules of all offers over what is known of one customer in one moment.

    A rule that does not depend on the candidate's item is asked once, however many offers have it.
    """

    def __init__(self, question: Question, facts: Facts, agreed: Mapping[str, bool]) -> None:
        self._attributes = attributes(question, facts, agreed)
        self._asked: dict[str, bool] = {}

    def breach(self, candidate: Candidate) -> Ended | None:
        """The stage and the first rule that the candidate fails, with what the rule met."""
        bound = candidate.bound
        tiers: tuple[tuple[Stage, tuple[Condition, ...]], ...] = (
            ("eligibility", bound.must),
            ("applicability", bound.relevant),
            ("suitability", bound.good),
        )
        for stage, rules in tiers:
            for rule in rules:
                if not self._holds(rule, candidate):
                    return Ended(bound.offer.id, stage, rule.text, met(rule, self._of(rule, candidate)))
        return None

    def fits(self, bound: BoundOffer, chance: ItemChance) -> bool:
        """Whether the offer's rules about items hold for one."""
        item = self._with(chance.item, chance)
        return all(holds(rule, item) for rule in bound.of_item)

    def _holds(self, rule: Condition, candidate: Candidate) -> bool:
        if rule.of_item:
            return holds(rule, self._of(rule, candidate))
        if (known := self._asked.get(rule.text)) is None:
            known = self._asked[rule.text] = holds(rule, self._attributes)
        return known

    def _of(self, rule: Condition, candidate: Candidate) -> Mapping[str, Value]:
        return self._with(candidate.item, candidate.chance) if rule.of_item else self._attributes

    def _with(self, item: str | None, chance: ItemChance | None) -> Mapping[str, Value]:
        """All attributes, those of an item among them; unknown without one."""
        probability = None if chance is None else chance.chance.probability
        return ChainMap({"item": item, "item_probability": probability}, self._attributes)


def attributes(question: Question, facts: Facts, agreed: Mapping[str, bool]) -> dict[str, Value]:
    """Every attribute that rules can speak of, but those of a candidate's item."""
    return {
        **facts.attributes,
        "known": float(facts.known),
        "churn_probability": None if facts.churn is None else facts.churn.probability,
        "channel": question.channel,
        "placement": question.placement,
        "page": question.page,
        "location": question.location,
        "basket": question.basket,
        **{f"{CONSENT}{channel}": float(granted) for channel, granted in agreed.items()},
    }
