"""The stages before arbitration as docs/decision.md has them, one offer at a time: slow and plain."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from serving.decision.bound import BoundOffer
from serving.decision.conditions import Condition, holds, met
from serving.decision.consent import agreed, refusal
from serving.decision.contact import ContactPolicy
from serving.decision.ends import End
from serving.decision.facts import ItemChance, Value
from serving.decision.policy import Policy
from serving.decision.pricing import price, price_tag
from serving.decision.tiers import attributes
from serving.decision.trace import Priced, Stage
from tests.properties.campaigns import Moment


class About(NamedTuple):
    """An item, and how probably it is taken."""

    item: str | None = None
    chance: ItemChance | None = None


def reached(bound: BoundOffer, moment: Moment, policy: Policy) -> Priced | End:
    """The offer in money, or the first stage and rule that it did not pass."""
    question, offer = moment.question, bound.offer
    if question.channel not in offer.channels:
        return "candidates", "channel", question.channel
    if not offer.valid_on(question.at.date()):
        return "candidates", "validity", question.at.date().isoformat()
    about = _item(bound, moment, policy)
    if about is None:
        return "candidates", "no_item" if offer.kind == "cross_sell" else "no_basket", ""
    channel = policy.channels[question.channel]
    refused = refusal(question.channel, channel, moment.facts, moment.history)
    if refused is not None:
        return "consent", *refused
    known = _known(about, moment, policy)
    for stage, rule in _rules(bound):
        if not holds(rule, known):
            return stage, rule.text, met(rule, known)
    return _paid(bound, about, moment, policy)


def _paid(bound: BoundOffer, about: About, moment: Moment, policy: Policy) -> Priced | End:
    contact = ContactPolicy(moment.question, moment.history, policy)
    if (breach := contact.breach(bound.offer)) is not None:
        return "contact_policy", *breach
    tag = price_tag(bound, moment.question.channel, policy)
    priced = price(tag, about.item, about.chance, moment.facts, policy.stake)
    if not isinstance(priced, Priced):
        return "score", *priced
    breach = contact.overspent(bound.offer, priced)
    return priced if breach is None else ("contact_policy", *breach)


def _item(bound: BoundOffer, moment: Moment, policy: Policy) -> About | None:
    """What the offer is about; None when it is no candidate."""
    offer, basket = bound.offer, moment.question.basket
    if offer.items is None:
        return About()
    if offer.kind == "cross_sell":
        return _best(bound, moment.facts.new_items, moment, policy)
    lacking = {*offer.items} - basket
    if not 0 < len(lacking) < len({*offer.items}):
        return None
    unpredicted = None if offer.acceptance is None else About(min(lacking))
    return _best(bound, moment.facts.basket_items, moment, policy) or unpredicted


def _best(bound: BoundOffer, chances: Sequence[ItemChance], moment: Moment, policy: Policy) -> About | None:
    """The item that brings most, of those that fit the rules about items, or of all when none does."""
    offer = bound.offer

    def order(one: ItemChance) -> tuple[bool, bool, float, float, str]:
        known = _known(About(one.item, one), moment, policy)
        fits = all(holds(rule, known) for _, rule in _rules(bound) if rule.of_item)
        money = 0.0 if offer.margin is None else one.chance.probability * (one.price or 0.0)
        unpriced = offer.margin is not None and one.price is None
        return not fits, unpriced, -money, -one.chance.probability, one.item

    here = [one for one in chances if one.item not in moment.question.basket]
    listed = [one for one in here if offer.items == "best" or one.item in (offer.items or ())]
    return About(best.item, best) if (best := min(listed, key=order, default=None)) else None


def _rules(bound: BoundOffer) -> Iterator[tuple[Stage, Condition]]:
    yield from (("eligibility", rule) for rule in bound.must)
    yield from (("applicability", rule) for rule in bound.relevant)
    yield from (("suitability", rule) for rule in bound.good)


def _known(about: About, moment: Moment, policy: Policy) -> Mapping[str, Value]:
    given = agreed(policy, moment.facts, moment.history)
    probability = None if about.chance is None else about.chance.chance.probability
    of_item: dict[str, Value] = {"item": about.item, "item_probability": probability}
    return {**attributes(moment.question, moment.facts, given), **of_item}
