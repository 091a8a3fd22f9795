"""The price of an offer in money: every factor of it, and who vouches for each.

An offer that is taken:   accept x (incremental x value x lever - discount) - cost
A retention offer:        churn x stake x save_rate x lever - redemption x discount - cost

with accept = min(1, probability x context). The discount is charged on everybody who would redeem it, also on who
would have bought or stayed without it. `docs/decision.md` has the meaning of each factor.
"""

from dataclasses import dataclass
from math import isfinite

from serving.decision.bound import BoundOffer
from serving.decision.catalogue import Offer
from serving.decision.facts import Facts, ItemChance
from serving.decision.policy import Policy, Stake
from serving.decision.trace import Factor, Priced

SPEND = "spend_84d"
"""The attribute that the value at stake is made from: what the customer spent in the last `SPEND_DAYS` days."""

SPEND_DAYS = 84

FORMULA = "formula"
"""The source of `accept` where the offer states the acceptance that it is made of."""

UNKNOWN = "unknown"
Gap = tuple[str, str]
"""A factor, and what it is instead of a finite number."""


Fixed = tuple[Factor, Factor, Factor, Factor, Factor]


@dataclass(frozen=True, slots=True, eq=False)
class PriceTag:
    """An offer on one channel with those factors of its price that are the same for everybody.

    `fixed` are context, incremental, lever, discount and cost; for retention save rate, lever, redemption,
    discount and cost. `probability` and `worth` (the value, for retention the stake) are None unless the offer
    states them. `accepts` vouches that so many take the offer.
    """

    offer_id: str
    offer: Offer
    fixed: Fixed
    probability: Factor | None
    worth: Factor | None
    accepts: str


def price_tag(bound: BoundOffer, channel: str, policy: Policy) -> PriceTag:
    """What of the offer's price on a channel is known before any customer is."""
    offer, retention = bound.offer, bound.offer.kind == "retention"
    stated = offer.acceptance is not None
    return PriceTag(
        offer_id=offer.id,
        offer=offer,
        fixed=_fixed_of_retention(bound, channel) if retention else _fixed(bound, channel, policy),
        probability=_share(offer, "probability", "acceptance", offer.acceptance) if stated else None,
        worth=None
        if offer.value is None
        else Factor("stake" if retention else "value", offer.value, "money", "catalogue"),
        accepts=FORMULA if stated else _source(offer, "acceptance"),
    )


def price(
    tag: PriceTag, item: str | None, chance: ItemChance | None, facts: Facts, stake: Stake
) -> Priced | Gap:
    """The offer about an item in money, or the first factor that is unknown or no finite number."""
    return _kept(tag, item, facts, stake) if tag.offer.kind == "retention" else _taken(tag, item, chance)


def _kept(tag: PriceTag, item: str | None, facts: Facts, stake: Stake) -> Priced | Gap:
    """The price of keeping a customer."""
    if facts.churn is None:
        return "churn", UNKNOWN
    at_stake = tag.worth or _stake(tag.offer, facts, stake)
    if at_stake is None:
        return "stake", UNKNOWN
    churn = Factor("churn", facts.churn.probability, "share", facts.churn.source)
    save_rate, lever, redemption, discount, cost = tag.fixed
    gained = churn.value * at_stake.value * save_rate.value * lever.value
    reserved = redemption.value * discount.value + cost.value
    return _in_money(tag, item, gained, reserved, (churn, at_stake, *tag.fixed))


def _taken(tag: PriceTag, item: str | None, chance: ItemChance | None) -> Priced | Gap:
    """The price of an offer that is taken."""
    probability, worth = tag.probability, tag.worth
    if probability is None:
        if chance is None:
            return "probability", UNKNOWN
        probability = Factor("probability", chance.chance.probability, "share", chance.chance.source)
    if worth is None:
        if tag.offer.margin is None or chance is None or chance.price is None:
            return "value", UNKNOWN
        worth = Factor("value", tag.offer.margin * chance.price, "money", "data")
    context, incremental, lever, discount, cost = tag.fixed
    accept = Factor("accept", min(1.0, probability.value * context.value), "share", tag.accepts)
    gained = accept.value * incremental.value * worth.value * lever.value
    reserved = accept.value * discount.value + cost.value
    factors = (probability, context, accept, incremental, worth, lever, discount, cost)
    return _in_money(tag, item, gained, reserved, factors)


def _in_money(
    tag: PriceTag, item: str | None, gained: float, reserved: float, factors: tuple[Factor, ...]
) -> Priced | Gap:
    priority = gained - reserved
    # A factor that is no finite number leaves no priority that is one, but for a probability that min() cuts to 1.
    if not isfinite(priority) or not isfinite(factors[0].value):
        return _gap(factors, priority)
    return Priced(tag.offer_id, tag.offer.kind, item, priority, reserved, factors)


def _stake(offer: Offer, facts: Facts, stake: Stake) -> Factor | None:
    """The value at stake: the margin of what the customer would spend, at least 0."""
    spend = facts.attributes.get(SPEND)
    if not isinstance(spend, int | float):
        return None
    lost = stake.margin * spend / SPEND_DAYS * stake.days
    return Factor("stake", 0.0 if lost < 0 else lost, "money", _source(offer, "stake.margin"))


def _gap(factors: tuple[Factor, ...], priority: float) -> Gap:
    values = [*((one.name, one.value) for one in factors), ("priority", priority)]
    return next((name, str(value)) for name, value in values if not isfinite(value))


def _source(offer: Offer, name: str) -> str:
    """Who vouches for a number that a file states about customers: nobody, unless it was measured."""
    return "measured" if name in offer.measured else "assumption"


def _fixed(bound: BoundOffer, channel: str, policy: Policy) -> Fixed:
    offer = bound.offer
    return (
        Factor("context", policy.channels[channel].context, "ratio", "policy"),
        _share(offer, "incremental", "incremental", offer.incremental),
        Factor("lever", bound.lever, "ratio", "policy"),
        *_costs(bound, channel),
    )


def _fixed_of_retention(bound: BoundOffer, channel: str) -> Fixed:
    offer = bound.offer
    return (
        _share(offer, "save_rate", "save_rate", offer.save_rate),
        Factor("lever", bound.lever, "ratio", "policy"),
        _share(offer, "redemption", "redemption", offer.redemption),
        *_costs(bound, channel),
    )


def _costs(bound: BoundOffer, channel: str) -> tuple[Factor, Factor]:
    vouches = "policy" if bound.offer.cost is None else "catalogue"
    return (
        Factor("discount", bound.offer.discount, "money", "catalogue"),
        Factor("cost", bound.costs[channel], "money", vouches),
    )


def _share(offer: Offer, name: str, key: str, value: float | None) -> Factor:
    """A share that the offer states under a key of the catalogue, which its kind needs."""
    assert value is not None
    return Factor(name, value, "share", _source(offer, key))
