"""Plain sentences about why an item is offered: only what is known, and only what speaks for it."""

import math
from collections.abc import Mapping

from features.wording import PLACE, say
from serving.cross_sell.schemas import Kind, OfferReason

MOST = 3
_SAYABLE = 0.0005
"""Below it a share would be said as `0 %`, which speaks for nothing."""


def of_candidate(kind: Kind, known: Mapping[str, float], item: str, because: str | None) -> list[OfferReason]:
    """Up to three facts about a customer and an item, the strongest first; none when nothing is known.

    `known` maps each of `artifact.SPOKEN` to its value, NaN for unknown; `because` is the name of the bought
    item that speaks most for this one.
    """
    own = (_history(kind, known), _basket_share(known) if kind == "repeat" else _goes_with(item, because))
    facts = [*own, _neighbours(known), _buyers(known)]
    return [fact for fact in facts if fact is not None][:MOST]


def of_popular(probability: float, horizon_days: int, segment: str) -> OfferReason:
    """How many of a segment's customers buy an item; the segment "" is everybody."""
    whom = f"customers like this one ({segment})" if segment else "all customers"
    within = say(PLACE, "days", horizon_days)
    return OfferReason(code="popular", words=f"{_share(probability)} of {whom} buy it within {within}")


def _history(kind: Kind, known: Mapping[str, float]) -> OfferReason | None:
    since, gap = known["pair_days_since"], known["pair_gap_days"]
    if math.isnan(since):
        return None
    last = say(f"{PLACE} ago", "days", since)
    if kind == "repeat" and gap >= 1:
        rhythm = say(PLACE, "days", gap)
        return OfferReason(code="rhythm", words=f"bought every {rhythm} on average, last {last}")
    if known["pair_baskets"] == 1:
        return OfferReason(code="bought_once", words=f"bought once, {last}")
    return OfferReason(code="last_bought", words=f"last bought {last}")


def _basket_share(known: Mapping[str, float]) -> OfferReason | None:
    share = known["pair_basket_share"]
    if not share >= _SAYABLE:
        return None
    return OfferReason(code="basket_share", words=f"in {_share(share)} of the baskets")


def _goes_with(item: str, because: str | None) -> OfferReason | None:
    if because is None:
        return None
    return OfferReason(code="goes_with", words=f"customers who buy {because} buy {item} too")


def _neighbours(known: Mapping[str, float]) -> OfferReason | None:
    rate = known["neighbour_rate"]
    if not rate >= _SAYABLE:
        return None
    words = f"{_share(rate)} of the customers most like this one bought it in the last 84 days"
    return OfferReason(code="neighbours", words=words)


def _buyers(known: Mapping[str, float]) -> OfferReason | None:
    share = known["item_buyers_28d"]
    if not share >= _SAYABLE:
        return None
    return OfferReason(
        code="buyers", words=f"{_share(share)} of active customers bought it in the last 28 days"
    )


def _share(value: float) -> str:
    return say(PLACE, "share", value)
