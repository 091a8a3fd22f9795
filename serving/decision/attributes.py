"""What a rule can speak of: every feature of the snapshot, and what a decision knows besides."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from features.store import LifeCycle, StoreInfo, ValueTier

AttributeKind = Literal["number", "flag", "text", "set"]

CONSENT = "consent_"
"""With the name of a channel behind it: whether the customer agreed to be spoken to there."""

OF_ITEM = frozenset({"item", "item_probability"})
"""Attributes of the candidate's item: they differ from offer to offer within one decision."""

OF_MOMENT = frozenset({"placement", "page", "location", "basket"})
"""Attributes that only the question of a moment tells, beside its channel."""

BANDS = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One name that rules may use. `levels` are all texts that it can have, empty for any text."""

    name: str
    kind: AttributeKind
    words: str
    levels: tuple[str, ...] = ()


def attributes_of(info: StoreInfo, channels: Iterable[str]) -> dict[str, Attribute]:
    """Every attribute by its name: the store's features, then what every store and every question has.

    `channels` are those of the policy; each has a flag `consent_<channel>`.
    """
    every = (*_features(info), *_of_customer(), *_of_question(tuple(channels)))
    return {attribute.name: attribute for attribute in every}


def _features(info: StoreInfo) -> list[Attribute]:
    return [
        Attribute(one.name, _kind(one.unit, one.levels), one.words.replace("{value}", "..."), one.levels)
        for one in info.described
    ]


def _kind(unit: str, levels: tuple[str, ...]) -> AttributeKind:
    if levels:
        return "text"
    return "flag" if unit == "flag" else "number"


def _of_customer() -> list[Attribute]:
    quintile = "quintile of {} among all customers, 5 is best"
    return [
        Attribute("known", "flag", "the customer is in the published snapshot"),
        Attribute("churn_probability", "number", "calibrated probability of leaving, 0 to 1"),
        Attribute("churn_band", "text", "band of that probability", BANDS),
        Attribute("recency_quintile", "number", quintile.format("days since the last purchase")),
        Attribute("frequency_quintile", "number", quintile.format("how often they buy")),
        Attribute("monetary_quintile", "number", quintile.format("what they spend")),
        Attribute("life_cycle", "text", "stage of the customer's life cycle", get_args(LifeCycle)),
        Attribute("value_tier", "text", "tier of what the customer spends", get_args(ValueTier)),
        Attribute("bought", "set", "items bought lately, at the level that cross-selling offers"),
    ]


def _of_question(channels: tuple[str, ...]) -> list[Attribute]:
    return [
        Attribute("channel", "text", "where the offer would be made", channels),
        Attribute("placement", "text", "the place in that channel"),
        Attribute("page", "text", "the page that the customer looks at"),
        Attribute("location", "text", "where the customer is"),
        Attribute("basket", "set", "items in the basket right now"),
        Attribute("item", "text", "the item that this offer would be about"),
        Attribute("item_probability", "number", "calibrated probability that this item is bought, 0 to 1"),
        *(Attribute(f"{CONSENT}{name}", "flag", f"agreed to be spoken to by {name}") for name in channels),
    ]
