"""The three tiers of rules that an offer brings: must, relevant now, good for the customer."""

from collections.abc import Mapping

from serving.decision.attributes import CONSENT
from serving.decision.candidates import Candidate
from serving.decision.conditions import Condition, holds, met
from serving.decision.facts import Facts, Question, Value
from serving.decision.trace import Ended, Stage


class Tiers:
    """The rules of all offers over what is known of one customer in one moment.

    A rule that does not depend on the candidate's item is asked once, however many offers have it.
    """

    def __init__(self, question: Question, facts: Facts, agreed: Mapping[str, bool]) -> None:
        self._attributes = attributes(question, facts, agreed)
        self._asked: dict[int, bool] = {}

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

    def _holds(self, rule: Condition, candidate: Candidate) -> bool:
        if rule.of_item:
            return holds(rule, self._of(rule, candidate))
        if (known := self._asked.get(id(rule))) is None:
            known = self._asked[id(rule)] = holds(rule, self._attributes)
        return known

    def _of(self, rule: Condition, candidate: Candidate) -> Mapping[str, Value]:
        return {**self._attributes, **of_item(candidate)} if rule.of_item else self._attributes


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


def of_item(candidate: Candidate) -> dict[str, Value]:
    """The attributes of a candidate's item; unknown without one."""
    probability = None if candidate.chance is None else candidate.chance.chance.probability
    return {"item": candidate.item, "item_probability": probability}
