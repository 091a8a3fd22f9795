"""The three tiers of rules that an offer brings: must, relevant now, good for the customer."""

from collections.abc import Iterable, Mapping

from serving.decision.attributes import CONSENT
from serving.decision.conditions import Condition, holds, met
from serving.decision.ends import End, Ends
from serving.decision.facts import Facts, ItemChance, Question, Value
from serving.decision.shelf import Group, RuleSet


class Tiers:
    """The rules of all offers over what is known of one customer in one moment.

    A rule that does not depend on the candidate's item is asked once, however many offers have it.
    """

    def __init__(self, question: Question, facts: Facts, agreed: Mapping[str, bool]) -> None:
        self._known = attributes(question, facts, agreed)
        self._held: dict[str, bool] = {}
        self._met: dict[str, str] = {}
        self._failing: dict[RuleSet, int] = {}
        self._asked_of_item: dict[RuleSet, tuple[int, ...]] = {}

    def misfit(self, rules: RuleSet, item: str | None, chance: ItemChance | None) -> int | None:
        """The place of the first rule about the item that fails.

        None when it fits, and when another rule ends the offers before anybody asks about items.
        """
        if (places := self._asked_of_item.get(rules)) is None:
            places = self._asked_of_item[rules] = self._places_of_item(rules)
        if places:
            known = self._about(item, chance)
            for place in places:
                if not holds(rules.asked[place][1], known):
                    return place
        return None

    def passed(self, groups: Iterable[Group], ends: Ends) -> list[Group]:
        """The groups that pass every rule; `ends` takes the others with the first rule that they fail."""
        passed = []
        for group in groups:
            rules, place = group.rules, self._whatever_item(group.rules)
            if group.misfit is not None and group.misfit < place:
                place = group.misfit
            if place == len(rules.asked):
                passed.append(group)
            else:
                ends.add_all(self._end(group, place), [tag.offer.id for tag in group.tags])
        return passed

    def _end(self, group: Group, place: int) -> End:
        stage, rule = group.rules.asked[place]
        if rule.of_item:
            return stage, rule.text, met(rule, self._about(group.item, group.chance))
        if (value := self._met.get(rule.text)) is None:
            value = self._met[rule.text] = met(rule, self._known)
        return stage, rule.text, value

    def _places_of_item(self, rules: RuleSet) -> tuple[int, ...]:
        return rules.of_item if rules.of_item and rules.of_item[0] < self._whatever_item(rules) else ()

    def _whatever_item(self, rules: RuleSet) -> int:
        """The place of the first rule that fails whatever the item; that behind the last when there is none."""
        if (found := self._failing.get(rules)) is None:
            others = ((place, rule) for place, (_, rule) in enumerate(rules.asked) if not rule.of_item)
            failing = (place for place, rule in others if not self._holds(rule))
            found = self._failing[rules] = next(failing, len(rules.asked))
        return found

    def _holds(self, rule: Condition) -> bool:
        if (held := self._held.get(rule.text)) is None:
            held = self._held[rule.text] = holds(rule, self._known)
        return held

    def _about(self, item: str | None, chance: ItemChance | None) -> Mapping[str, Value]:
        """All that is known, until the next item is asked about."""
        self._known["item"] = item
        self._known["item_probability"] = None if chance is None else chance.chance.probability
        return self._known


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
