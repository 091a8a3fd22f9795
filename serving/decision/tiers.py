"""The three tiers of rules that an offer brings: must, relevant now, good for the customer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from serving.decision.attributes import CONSENT
from serving.decision.conditions import Condition, holds, met
from serving.decision.ends import End, Ends
from serving.decision.facts import Facts, ItemChance, Question, Value
from serving.decision.shelf import Group, RuleSet


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a set of rules stands before any item is known.

    `fails` is the place of the first rule that fails whatever the item, and `end` what it makes of offers; that
    behind the last, and None, when there is none. `of_item` are the rules about items that are asked, with their
    places: none of them where another rule ends the offers before.
    """

    fails: int
    end: End | None
    of_item: Sequence[tuple[int, Condition]]


class Tiers:
    """The rules of all offers over what is known of one customer in one moment.

    A rule that does not depend on the candidate's item is asked once, however many offers have it.
    """

    def __init__(self, question: Question, facts: Facts, agreed: Mapping[str, bool]) -> None:
        self._known = attributes(question, facts, agreed)
        self._held: dict[str, bool] = {}
        self._standings: dict[RuleSet, _Standing] = {}

    def misfit(self, rules: RuleSet, item: str | None, chance: ItemChance | None) -> int | None:
        """The place of the first rule about the item that fails.

        None when it fits, and when another rule ends the offers before anybody asks about items.
        """
        of_item = (self._standings.get(rules) or self._standing(rules)).of_item
        if of_item:
            known = self._about(item, chance)
            for place, rule in of_item:
                if not holds(rule, known):
                    return place
        return None

    def passed(self, groups: Iterable[Group], ends: Ends) -> list[Group]:
        """The groups that pass every rule; `ends` takes the others with the first rule that they fail."""
        passed = []
        for group in groups:
            standing = self._standings[group.rules]
            unfit = group.misfit is not None and group.misfit < standing.fails
            end = self._end(group) if unfit else standing.end
            if end is None:
                passed.append(group)
            else:
                ends.add_all(end, [tag.offer_id for tag in group.tags])
        return passed

    def _end(self, group: Group) -> End:
        """What the first rule about its item makes of a group."""
        assert group.misfit is not None
        stage, rule = group.rules.asked[group.misfit]
        return stage, rule.text, met(rule, self._about(group.item, group.chance))

    def _standing(self, rules: RuleSet) -> _Standing:
        failing = (n for n, (_, rule) in enumerate(rules.asked) if not rule.of_item and not self._holds(rule))
        fails, end = next(failing, len(rules.asked)), None
        if fails < len(rules.asked):
            stage, rule = rules.asked[fails]
            end = (stage, rule.text, met(rule, self._known))
        first = rules.of_item[0] if rules.of_item else fails
        of_item = [(place, rules.asked[place][1]) for place in rules.of_item] if first < fails else []
        found = self._standings[rules] = _Standing(fails, end, of_item)
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
