"""An offer of the catalogue with its rules compiled, and what a contact of it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from serving.decision.catalogue import Offer
from serving.decision.conditions import Condition


@dataclass(frozen=True, slots=True)
class BoundOffer:
    """An offer with its rules in three tiers, its cost of a contact by channel, and its lever.

    `lever` is 1 + (the kind's percentage + the offer's) / 100, never below 0; 1 is neutral.
    """

    offer: Offer
    must: tuple[Condition, ...]
    relevant: tuple[Condition, ...]
    good: tuple[Condition, ...]
    costs: Mapping[str, float]
    lever: float
