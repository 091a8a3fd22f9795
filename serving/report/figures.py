"""What each offer came to in each channel, and by how much that is more than in the control group.

A customer counts once in every share and every mean, with the sum over all their decisions: what one customer does
twice is not two pieces of evidence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.ledger.records import Counts, CustomerTotal, Totals
from serving.report.intervals import Floats, Interval, newcombe, welch, wilson

Flags = NDArray[np.bool_]

ALL_OFFERS = "all offers"
ALL_CHANNELS = "all channels"
MINIMUM = 30
"""Customers that a group needs for a comparison."""
MINIMUM_BUYERS = 5
"""Of whom so many have to have bought before money is compared: without any, nothing tells the spread."""


@dataclass(frozen=True, slots=True)
class Line:
    """One offer in one channel, or all of them.

    Counts and money are of the treated, erased customers included, who are in no share and no mean. `treated` and
    `control` count the customers who were given the offer and those from whom it was withheld; for `ALL_OFFERS`,
    everybody with a decision, given something or not.

    `acceptance` is the share of contacted customers who accepted or bought; None where nobody was contacted. The
    lifts are treated minus control: the share of customers who bought, and money (value less cost) a customer;
    None when a group has fewer than `MINIMUM` customers, that of money also for fewer than `MINIMUM_BUYERS`.
    """

    offer: str
    channel: str
    treated: int
    control: int
    contacts: int
    impressions: int
    acceptance: Interval | None
    value: float
    cost: float
    purchase_lift: Interval | None
    money_lift: Interval | None

    @property
    def returned(self) -> float | None:
        """What every unit of money spent brought beyond itself, (value - cost) / cost; None without any cost."""
        return (self.value - self.cost) / self.cost if self.cost else None


@dataclass(frozen=True, slots=True)
class _Group:
    """The customers of one group, one place each."""

    contacted: Flags
    bought: Flags
    """At least once; who redeemed has bought."""
    took: Flags
    """Accepted or bought, at least once."""
    money: Floats
    """Value less cost."""


def lines(totals: Totals) -> list[Line]:
    """A line for each offer and channel in their order, then all offers by channel, then everything.

    Of an empty ledger there is none.
    """
    customers: defaultdict[tuple[str, str], list[CustomerTotal]] = defaultdict(list)
    kept: defaultdict[tuple[str, str], list[Counts]] = defaultdict(list)
    for total in totals.customers:
        for key in _keys(total.offer_id, total.channel):
            customers[key].append(total)
    for remnant in totals.kept:
        for key in _keys(remnant.offer_id, remnant.channel):
            kept[key].extend([remnant.counts] if remnant.group == "treated" else [])
    keys = sorted({*customers, *kept}, key=_order)
    return [_line(*key, customers[key], kept[key]) for key in keys]


def as_json(found: Sequence[Line]) -> list[dict[str, Any]]:
    """Every figure for a program; null where there is none."""
    return [{**asdict(line), "return": line.returned} for line in found]


def _keys(offer: str | None, channel: str) -> list[tuple[str, str]]:
    own = [] if offer is None else [(offer, channel)]
    return [*own, (ALL_OFFERS, channel), (ALL_OFFERS, ALL_CHANNELS)]


def _order(key: tuple[str, str]) -> tuple[bool, bool, str, str]:
    offer, channel = key
    return (offer == ALL_OFFERS, channel == ALL_CHANNELS, offer, channel)


def _line(offer: str, channel: str, customers: Sequence[CustomerTotal], kept: Sequence[Counts]) -> Line:
    given = [total for total in customers if total.group == "treated"]
    treated = _group(given)
    control = _group([total for total in customers if total.group == "control"])
    counts = [*(total.counts for total in given), *kept]
    return Line(
        offer=offer,
        channel=channel,
        treated=len(treated.money),
        control=len(control.money),
        contacts=sum(count.contacts for count in counts),
        impressions=sum(count.impressions for count in counts),
        acceptance=_share(treated.took[treated.contacted]),
        value=sum(count.value for count in counts),
        cost=sum(count.cost for count in counts),
        **_lifts(treated, control),
    )


def _group(totals: Sequence[CustomerTotal]) -> _Group:
    names, place = np.unique([total.customer_id for total in totals], return_inverse=True)

    def summed(values: Iterable[float]) -> Floats:
        return np.bincount(place, np.fromiter(values, float), len(names)).astype(float)

    counts = [total.counts for total in totals]
    bought = summed(count.purchases + count.redeems for count in counts) > 0
    return _Group(
        contacted=summed(count.contacts for count in counts) > 0,
        bought=bought,
        took=bought | (summed(count.accepts for count in counts) > 0),
        money=summed(count.value - count.cost for count in counts),
    )


def _share(flags: Flags) -> Interval | None:
    return wilson(int(flags.sum()), len(flags)) if len(flags) else None


def _lifts(treated: _Group, control: _Group) -> dict[str, Interval | None]:
    if min(len(treated.money), len(control.money)) < MINIMUM:
        return {"purchase_lift": None, "money_lift": None}
    buyers = [wilson(int(group.bought.sum()), len(group.bought)) for group in (treated, control)]
    told = min(treated.bought.sum(), control.bought.sum()) >= MINIMUM_BUYERS
    return {
        "purchase_lift": newcombe(*buyers),
        "money_lift": welch(treated.money, control.money) if told else None,
    }
