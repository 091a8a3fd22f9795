"""Catalogue and policy joined: every offer with its rules compiled, ready to decide with."""

from collections.abc import Mapping
from dataclasses import dataclass

from serving.decision.catalogue import Offer
from serving.decision.conditions import Condition
from serving.decision.policy import Policy


@dataclass(frozen=True, slots=True)
class BoundOffer:
    """An offer with its rules in three tiers, its cost of a contact by channel, and its lever.

    `lever` is 1 + (the kind's percentage + the offer's) / 100, never below 0; 1 is neutral. Rules of the same
    text are one object throughout a rulebook.
    """

    offer: Offer
    must: tuple[Condition, ...]
    relevant: tuple[Condition, ...]
    good: tuple[Condition, ...]
    costs: Mapping[str, float]
    lever: float


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that marketers decided, checked as a whole.

    `name` is the policy's version and a hash of the content of both files: other comments, another order of keys
    or another layout of the files give the same one. `window_days` is how far back a decision looks: the longest
    cap or cool-off.
    """

    name: str
    catalogue_version: str
    currency: str
    offers: tuple[BoundOffer, ...]
    policy: Policy
    window_days: float
