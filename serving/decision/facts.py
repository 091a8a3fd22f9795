"""What a decision is made from: the question, what is known of the customer, and what was said to them before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["retention", "cross_sell", "bundle", "loyalty"]

Value = float | str | frozenset[str] | None
"""What an attribute may be: a number (yes is 1.0, no 0.0), a text, a set of ids, or unknown."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request for an offer; `at` is UTC and the only clock that a decision has.

    `decision_id` names the occasion: the same customer, channel, placement, day and context have the same one.
    """

    decision_id: str
    customer_id: str
    channel: str
    placement: str
    at: datetime
    limit: int = 1
    basket: frozenset[str] = frozenset()
    page: str | None = None
    location: str | None = None


class Chance(NamedTuple):
    """A calibrated probability (0 to 1) and what says so, such as `churn 3`."""

    probability: float
    source: str


class ItemChance(NamedTuple):
    """An item that could be offered: how probably it is taken, and what a purchase of it brings.

    `price` is what customers pay for it in a basket that holds it, in money, None when unknown.
    """

    item: str
    chance: Chance
    price: float | None


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether a customer agreed, and when they said so (UTC)."""

    granted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one customer from the published snapshot at `as_of` (UTC) and the models of one release.

    `known` is False for an id that nobody has: then there are no attributes of a person, and everything that
    asks for one fails closed. `churn` is None when the customer is unknown or lapsed. `new_items` are the
    cross-sell items new to the customer, the most probable first; `basket_items` what could be added to the
    basket of the question, the best first; both empty when no model answers. `consents` by (channel, purpose).
    """

    customer_id: str
    known: bool
    as_of: datetime
    attributes: Mapping[str, Value] = field(default_factory=dict)
    churn: Chance | None = None
    new_items: tuple[ItemChance, ...] = ()
    basket_items: tuple[ItemChance, ...] = ()
    consents: Mapping[tuple[str, str], Consent] = field(default_factory=dict)
    release: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """An offer that was given to the customer, or withheld in the control group.

    Both count alike, so that both groups live under the same caps and can be compared.
    """

    offer_id: str
    kind: Kind
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """An offer that the customer turned down."""

    offer_id: str
    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger knows that matters to one decision, read in the transaction that records it.

    `used` counts how often each offer was given on the day of the question, to anybody; `spent` is the money that
    each offer has reserved of its budget so far. Where no offer has such a limit, nobody counts.
    """

    contacts: tuple[Contact, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    consents: Mapping[tuple[str, str], Consent] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, float] = field(default_factory=dict)
