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
from serving.decision.facts import Chance, Facts, ItemChance
from serving.decision.policy import Policy, Stake
from serving.decision.trace import FORMULAS, Priced

SPEND = "spend_84d"
"""The attribute that the value at stake is made from: what the customer spent in the last `SPEND_DAYS` days."""

SPEND_DAYS = 84

FORMULA = "formula"
"""The source of `accept` where the offer states the acceptance that it is made of."""

UNKNOWN = "unknown"
Gap = tuple[str, str]
"""A factor, and what it is instead of a finite number."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceTag:
    """An offer on one channel with those factors of its price that are the same for everybody.

    `probability` and `worth` (the value, for retention the stake) are None unless the offer states them. `fixed`
    are context, incremental, lever, discount and cost; for retention save rate, lever, redemption, discount and
    cost. `sources` vouch for all factors but the first, in the formula's order.
    """

    offer_id: str
    offer: Offer
    probability: Chance | None
    worth: float | None
    fixed: tuple[float, float, float, float, float]
    sources: tuple[str, ...]


def price_tag(bound: BoundOffer, channel: str, policy: Policy) -> PriceTag:
    """What of the offer's price on a channel is known before any customer is."""
    offer, cost = bound.offer, bound.costs[channel]
    stated = offer.acceptance
    if offer.kind == "retention":
        fixed = (_given(offer.save_rate), bound.lever, offer.redemption, offer.discount, cost)
        sources = _sources_of_retention(offer)
    else:
        context = policy.channels[channel].context
        fixed = (context, _given(offer.incremental), bound.lever, offer.discount, cost)
        sources = _sources_of_taken(offer)
    return PriceTag(
        offer_id=offer.id,
        offer=offer,
        probability=None if stated is None else Chance(stated, _vouches(offer, "acceptance")),
        worth=offer.value,
        fixed=fixed,
        sources=sources,
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
    at_stake = _stake(facts, stake) if tag.worth is None else tag.worth
    if at_stake is None:
        return "stake", UNKNOWN
    churn, source = facts.churn
    save_rate, lever, redemption, discount, cost = tag.fixed
    gained = churn * at_stake * save_rate * lever
    return _in_money(tag, item, gained, redemption * discount + cost, (churn, at_stake, *tag.fixed), source)


def _taken(tag: PriceTag, item: str | None, chance: ItemChance | None) -> Priced | Gap:
    """The price of an offer that is taken."""
    if tag.probability is not None:
        probability, source = tag.probability
    elif chance is not None:
        probability, source = chance.chance
    else:
        return "probability", UNKNOWN
    worth = tag.worth
    if worth is None:
        if tag.offer.margin is None or chance is None or chance.price is None:
            return "value", UNKNOWN
        worth = tag.offer.margin * chance.price
    context, incremental, lever, discount, cost = tag.fixed
    accept = min(1.0, probability * context)
    gained = accept * incremental * worth * lever
    values = (probability, context, accept, incremental, worth, lever, discount, cost)
    return _in_money(tag, item, gained, accept * discount + cost, values, source)


def _in_money(  # noqa: PLR0913, PLR0917 - all that a price is
    tag: PriceTag, item: str | None, gained: float, reserved: float, values: tuple[float, ...], source: str
) -> Priced | Gap:
    priority, kind = gained - reserved, tag.offer.kind
    # A value that is no finite number leaves no priority that is one, but for a probability that min() cuts to 1.
    if not isfinite(priority) or not isfinite(values[0]):
        names = [name for name, _ in FORMULAS[kind]]
        every = zip((*names, "priority"), (*values, priority), strict=True)
        return next((name, str(value)) for name, value in every if not isfinite(value))
    return Priced(tag.offer_id, kind, item, priority, reserved, values, (source, *tag.sources))


def _stake(facts: Facts, stake: Stake) -> float | None:
    """The value at stake: the margin of what the customer would spend, at least 0."""
    spend = facts.attributes.get(SPEND)
    if not isinstance(spend, int | float):
        return None
    lost = stake.margin * spend / SPEND_DAYS * stake.days
    return 0.0 if lost < 0 else lost


def _sources_of_retention(offer: Offer) -> tuple[str, ...]:
    stake = _vouches(offer, "stake.margin") if offer.value is None else "catalogue"
    kept, taken = _vouches(offer, "save_rate"), _vouches(offer, "redemption")
    return (stake, kept, "policy", taken, "catalogue", _of_cost(offer))


def _sources_of_taken(offer: Offer) -> tuple[str, ...]:
    """A model's probability is that of a purchase without any offer: that so many take it is another claim."""
    accept = _vouches(offer, "acceptance") if offer.acceptance is None else FORMULA
    value = "data" if offer.value is None else "catalogue"
    caused = _vouches(offer, "incremental")
    return ("policy", accept, caused, value, "policy", "catalogue", _of_cost(offer))


def _of_cost(offer: Offer) -> str:
    return "policy" if offer.cost is None else "catalogue"


def _vouches(offer: Offer, name: str) -> str:
    """Who vouches for a number that a file states about customers: nobody, unless it was measured."""
    return "measured" if name in offer.measured else "assumption"


def _given(share: float | None) -> float:
    """What the catalogue has refused an offer of this kind without."""
    assert share is not None
    return share
