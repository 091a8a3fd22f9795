"""The price of an offer in money: every factor of it, and who vouches for each.

An offer that is taken:   accept x (incremental x value x lever - discount) - cost
A retention offer:        churn x stake x save_rate x lever - redemption x discount - cost

with accept = min(1, probability x context). The discount is charged on everybody who would redeem it, also on who
would have bought or stayed without it. `docs/decision.md` has the meaning of each factor.
"""

import math
from collections.abc import Mapping

from serving.decision.candidates import Candidate
from serving.decision.catalogue import Offer
from serving.decision.facts import Facts
from serving.decision.policy import Policy, Stake
from serving.decision.rulebook import BoundOffer
from serving.decision.trace import Ended, Factor, Priced

SPEND = "spend_84d"
"""The attribute that the value at stake is made from: what the customer spent in the last `SPEND_DAYS` days."""

SPEND_DAYS = 84

FORMULA = "formula"
"""The source of `accept` where the offer states the acceptance that it is made of."""


def price(candidate: Candidate, channel: str, facts: Facts, policy: Policy) -> Priced | Ended:
    """The candidate in money; ends in `score` with the first factor that is unknown or no finite number."""
    offer = candidate.bound.offer
    factors = (
        _retention(candidate.bound, channel, facts, policy.stake)
        if offer.kind == "retention"
        else _taken(candidate, channel, policy)
    )
    if isinstance(factors, str):
        return Ended(offer.id, "score", factors, "unknown")
    values = {factor.name: factor.value for factor in factors}
    gained, reserved = _money(values)
    priority = gained - reserved
    for name, value in {**values, "priority": priority}.items():
        if not math.isfinite(value):
            return Ended(offer.id, "score", name, str(value))
    return Priced(offer.id, offer.kind, candidate.item, priority, reserved, factors)


def _money(values: Mapping[str, float]) -> tuple[float, float]:
    """What an offer is expected to bring, and what giving it is expected to take."""
    if "churn" in values:
        gained = values["churn"] * values["stake"] * values["save_rate"] * values["lever"]
        return gained, values["redemption"] * values["discount"] + values["cost"]
    gained = values["accept"] * values["incremental"] * values["value"] * values["lever"]
    return gained, values["accept"] * values["discount"] + values["cost"]


def _retention(bound: BoundOffer, channel: str, facts: Facts, stake: Stake) -> tuple[Factor, ...] | str:
    """The factors in the formula's order, or the name of one that nobody knows."""
    offer, at_stake = bound.offer, _stake(bound.offer, facts, stake)
    if facts.churn is None or offer.save_rate is None:
        return "churn"
    if at_stake is None:
        return "stake"
    return (
        Factor("churn", facts.churn.probability, "share", facts.churn.source),
        at_stake,
        Factor("save_rate", offer.save_rate, "share", _source(offer, "save_rate")),
        Factor("lever", bound.lever, "ratio", "policy"),
        Factor("redemption", offer.redemption, "share", _source(offer, "redemption")),
        *_costs(bound, channel),
    )


def _taken(candidate: Candidate, channel: str, policy: Policy) -> tuple[Factor, ...] | str:
    """The factors in the formula's order, or the name of one that nobody knows."""
    bound, offer = candidate.bound, candidate.bound.offer
    probability, value = _probability(candidate), _value(candidate)
    if probability is None:
        return "probability"
    if value is None or offer.incremental is None:
        return "value"
    context = policy.channels[channel].context
    return (
        probability,
        Factor("context", context, "ratio", "policy"),
        Factor("accept", min(1.0, probability.value * context), "share", _accepts(offer)),
        Factor("incremental", offer.incremental, "share", _source(offer, "incremental")),
        value,
        Factor("lever", bound.lever, "ratio", "policy"),
        *_costs(bound, channel),
    )


def _stake(offer: Offer, facts: Facts, stake: Stake) -> Factor | None:
    """The value at stake: as agreed for the offer, or the margin of what the customer would spend, at least 0."""
    if offer.value is not None:
        return Factor("stake", offer.value, "money", "catalogue")
    spend = facts.attributes.get(SPEND)
    if not isinstance(spend, int | float):
        return None
    lost = stake.margin * spend / SPEND_DAYS * stake.days
    return Factor("stake", 0.0 if lost < 0 else lost, "money", _source(offer, "stake.margin"))


def _probability(candidate: Candidate) -> Factor | None:
    """As the offer says it, else the model's for the item."""
    offer, item = candidate.bound.offer, candidate.chance
    if offer.acceptance is not None:
        return Factor("probability", offer.acceptance, "share", _source(offer, "acceptance"))
    if item is None:
        return None
    return Factor("probability", item.chance.probability, "share", item.chance.source)


def _accepts(offer: Offer) -> str:
    """Who vouches that so many take the offer: a model's probability is that of a purchase without any offer."""
    return FORMULA if offer.acceptance is not None else _source(offer, "acceptance")


def _value(candidate: Candidate) -> Factor | None:
    """As agreed for the offer, else its margin of the item's price."""
    offer, item = candidate.bound.offer, candidate.chance
    if offer.value is not None:
        return Factor("value", offer.value, "money", "catalogue")
    if offer.margin is None or item is None or item.price is None:
        return None
    return Factor("value", offer.margin * item.price, "money", "data")


def _costs(bound: BoundOffer, channel: str) -> tuple[Factor, Factor]:
    vouches = "policy" if bound.offer.cost is None else "catalogue"
    return (
        Factor("discount", bound.offer.discount, "money", "catalogue"),
        Factor("cost", bound.costs[channel], "money", vouches),
    )


def _source(offer: Offer, name: str) -> str:
    """Who vouches for a number that a file states about customers: nobody, unless it was measured."""
    return "measured" if name in offer.measured else "assumption"
