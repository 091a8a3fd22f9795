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
Key = tuple[str, str]
"""An offer and a channel, or all of them."""

ALL_OFFERS = "all offers"
ALL_CHANNELS = "all channels"
MINIMUM = 30
"""Customers that a group needs for a comparison."""
MINIMUM_BUYERS = 5
"""Of whom so many have to have bought before money is compared: without any, nothing tells the spread."""


@dataclass(frozen=True, slots=True)
class Line:
    """One offer in one channel, or all of them.

    Counts and money are of the treated, erased customers included, who are in no share and no mean. `acceptance`
    is the share of contacted customers who took what they were given, accepted or bought; None where nobody was.

    The lifts are treated minus control: `treated` customers whose answer began with the offer, and `control`, from
    whom it was withheld as the first; for `ALL_OFFERS` everybody with a decision, given something or not. Whatever
    a customer buys after such an answer counts on both sides: they compare the share of customers who bought, and
    money (value less cost) a customer. None when a side has fewer than `MINIMUM` customers, that of money also for
    fewer than `MINIMUM_BUYERS`.
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
    def gross_return(self) -> float | None:
        """(value - cost) / cost, with what customers buy without an offer as well; None without any cost."""
        return (self.value - self.cost) / self.cost if self.cost else None


@dataclass(frozen=True, slots=True)
class _Side:
    """The customers of one side of a comparison, one place each."""

    bought: Flags
    """At least once; who redeemed has bought."""
    money: Floats
    """Value less cost."""


def lines(totals: Totals) -> list[Line]:
    """A line for each offer and channel in their order, then all offers by channel, then everything.

    Of an empty ledger there is none.
    """
    customers: defaultdict[Key, list[CustomerTotal]] = defaultdict(list)
    compared: defaultdict[Key, list[CustomerTotal]] = defaultdict(list)
    kept: defaultdict[Key, list[Counts]] = defaultdict(list)
    for total in totals.customers:
        for key in _keys(total.offer_id, total.channel):
            customers[key].append(total)
        for key in _keys(total.first_id, total.channel):
            compared[key].append(total)
    for remnant in totals.kept:
        for key in _keys(remnant.offer_id, remnant.channel):
            kept[key].extend([remnant.counts] if remnant.group == "treated" else [])
    keys = sorted({*customers, *kept}, key=_order)
    return [_line(*key, customers[key], compared[key], kept[key]) for key in keys]


def as_json(found: Sequence[Line]) -> list[dict[str, Any]]:
    """Every figure for a program; null where there is none."""
    return [{**asdict(line), "gross_return": line.gross_return} for line in found]


def _keys(offer: str | None, channel: str) -> list[Key]:
    own = [] if offer is None else [(offer, channel)]
    return [*own, (ALL_OFFERS, channel), (ALL_OFFERS, ALL_CHANNELS)]


def _order(key: Key) -> tuple[bool, bool, str, str]:
    offer, channel = key
    return (offer == ALL_OFFERS, channel == ALL_CHANNELS, offer, channel)


def _line(
    offer: str,
    channel: str,
    customers: Sequence[CustomerTotal],
    compared: Sequence[CustomerTotal],
    kept: Sequence[Counts],
) -> Line:
    given = [total for total in customers if total.group == "treated"]
    treated = _side(total for total in compared if total.group == "treated")
    control = _side(total for total in compared if total.group == "control")
    counts = [*(total.counts for total in given), *kept]
    return Line(
        offer=offer,
        channel=channel,
        treated=len(treated.money),
        control=len(control.money),
        contacts=sum(count.contacts for count in counts),
        impressions=sum(count.impressions for count in counts),
        acceptance=_acceptance(given),
        value=sum(count.value for count in counts),
        cost=sum(count.cost for count in counts),
        **_lifts(treated, control),
    )


def _acceptance(given: Sequence[CustomerTotal]) -> Interval | None:
    """Of the rows with a contact alone: what is bought after no offer was not accepted."""
    contacted = [total for total in given if total.counts.contacts]
    taken = (one.counts.accepts + one.counts.purchases + one.counts.redeems for one in contacted)
    took = _summed(contacted, taken) > 0
    return wilson(int(took.sum()), len(took)) if contacted else None


def _side(compared: Iterable[CustomerTotal]) -> _Side:
    totals = list(compared)
    return _Side(
        bought=_summed(totals, (one.counts.purchases + one.counts.redeems for one in totals)) > 0,
        money=_summed(totals, (one.counts.value - one.counts.cost for one in totals)),
    )


def _summed(totals: Sequence[CustomerTotal], values: Iterable[float]) -> Floats:
    """One value a row becomes one a customer."""
    names, place = np.unique([total.customer_id for total in totals], return_inverse=True)
    return np.bincount(place, np.fromiter(values, float), len(names)).astype(float)


def _lifts(treated: _Side, control: _Side) -> dict[str, Interval | None]:
    if min(len(treated.money), len(control.money)) < MINIMUM:
        return {"purchase_lift": None, "money_lift": None}
    buyers = [wilson(int(side.bought.sum()), len(side.bought)) for side in (treated, control)]
    told = min(treated.bought.sum(), control.bought.sum()) >= MINIMUM_BUYERS
    return {
        "purchase_lift": newcombe(*buyers),
        "money_lift": welch(treated.money, control.money) if told else None,
    }
