"""Rulebooks and facts by hand: one line an offer, everything that is not said neutral."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from serving.decision.attributes import Attribute
from serving.decision.catalogue import Catalogue, Offer
from serving.decision.facts import Chance, Facts, ItemChance, Question
from serving.decision.policy import Policy
from serving.decision.rulebook import Rulebook, rulebook
from serving.decision.trace import Decision

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday in winter, 13:00 in Berlin."""

ASKED = Question("d1", customer_id="1", channel="web", placement="home", at=NOON)
KNOWN = Facts("1", known=True, as_of=AS_OF)
"""A customer of whom nothing else is known."""

CHANNELS: Mapping[str, Mapping[str, Any]] = {
    "web": {"consent": False},
    "till": {"consent": False, "context": 1.5},
    "email": {"cost": 0.02},
}
POLICY: Mapping[str, Any] = {
    "version": "p1",
    "stake": {"margin": 0.25, "days": 168.0},
    "channels": CHANNELS,
    "control": {"share": 0.0, "salt": "pepper"},
    "exploration": {"share": 0.0},
}
ATTRIBUTES = {
    attribute.name: attribute
    for attribute in (
        Attribute("known", "flag", "known"),
        Attribute("spend_84d", "number", "spend"),
        Attribute("churn_probability", "number", "churn"),
        Attribute("life_cycle", "text", "stage", ("new", "steady", "lost")),
        Attribute("bought", "set", "bought"),
        Attribute("page", "text", "page"),
        Attribute("basket", "set", "basket"),
        Attribute("item", "text", "item"),
        Attribute("item_probability", "number", "probability"),
        *(Attribute(f"consent_{channel}", "flag", "agreed") for channel in CHANNELS),
    )
}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "loyalty": {"value": 10.0, "acceptance": 0.5, "incremental": 1.0},
    "retention": {"save_rate": 0.5},
    "cross_sell": {"items": "best", "margin": 0.5, "incremental": 1.0},
    "bundle": {"items": ["PASTA", "SAUCE"], "margin": 0.5, "incremental": 1.0},
}


def offer(name: str, kind: str = "loyalty", **said: object) -> Offer:
    """An offer on the web with what its kind needs at least."""
    value = {"value": None} if "margin" in said else {"margin": None} if "value" in said else {}
    content = {**KINDS[kind], **value, **said}
    given = {key: one for key, one in content.items() if one is not None}
    return Offer.model_validate({"id": name, "name": name, "kind": kind, "channels": ["web"], **given})


def policy(**said: object) -> Policy:
    """A policy without caps, control group and exploration."""
    return Policy.model_validate({**POLICY, **said})


def book(*offers: Offer, **said: object) -> Rulebook:
    """The offers under that policy."""
    catalogue = Catalogue(version="c1", currency="USD", offers=offers)
    return rulebook(catalogue, policy(**said), ATTRIBUTES, "USD")


def item(name: str, probability: float, price: float | None = 10.0) -> ItemChance:
    """An item that the model cross_sell 2 speaks of."""
    return ItemChance(name, Chance(probability, "cross_sell 2"), price)


def ends(decision: Decision) -> dict[str | None, tuple[str, str, str]]:
    """Where each candidate ended, by id; each is there once."""
    every = [(offer_id, one) for one in decision.ended for offer_id in one.offer_ids]
    found = {offer_id: (str(one.stage), one.rule, one.value) for offer_id, one in every}
    assert len(found) == len(every)
    return found


def ids(things: Sequence[Any]) -> list[str | None]:
    """Of offers that were given or priced."""
    return [one.offer_id for one in things]
