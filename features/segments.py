"""Where each customer stands among all, from the features of one snapshot: quintiles, life cycle, value tier.

Quintiles of recency, frequency and monetary value: Hughes, Strategic Database Marketing (1994). A place is the
share of customers who are strictly worse, so ties share the lower one: where half of the customers bought nothing
lately, all of these are in the lowest quintile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.columns import Column
from features.interactions import Floats
from features.store import LifeCycle, Segments, ValueTier

Flags = NDArray[np.bool_]
Values = Mapping[str, Floats]


@dataclass(frozen=True)
class Rule:
    """Who is in a life cycle: who keeps every bound, and is in none of the life cycles before.

    Silent for more than `rhythms` own rhythms (the mean time between visit days) and for `days` at least;
    a customer for `tenure` days at least and less than `tenure_below`; and spending in the last 84 days at least
    `growth` times, and at most `growth_most` times, what they spent in the 84 days before.
    """

    life_cycle: LifeCycle
    rhythms: float = -inf
    days: float = 0.0
    tenure: float = 0.0
    tenure_below: float = inf
    growth: float = -inf
    growth_most: float = inf


LIFE_CYCLES = (
    Rule("lost", rhythms=6, days=84),
    Rule("lost", days=168),  # nothing of theirs is in the figures below any more
    Rule("at risk", rhythms=3, days=14),
    Rule("new", tenure_below=84),
    Rule("growing", tenure=168, growth=1.4),
    Rule("slowing", tenure=168, growth_most=0.7),
    Rule("steady"),
)
"""The first rule that holds says the life cycle."""

ONE_DAY_RHYTHM = 28.0
"""Days that stand in for the rhythm of who came on one day only."""

TIERS: tuple[ValueTier, ...] = ("low",) * 5 + ("medium",) * 3 + ("high",) * 2
"""Value tiers by tenths of the customers, the lowest spend first: the top 20 % are high, the next 30 % medium."""

_QUINTILES = 5
_DIGITS = 6  # beyond them, sums and quotients depend on the order of the rows


def segments(snapshot: pa.Table) -> dict[str, Segments]:
    """The segments of every customer of a snapshot by id, among all of them who bought before `as_of`.

    `snapshot` has `customer_id` and the customer features. Frequency and spend are those of the last 168 days.
    All is unknown of who has not bought, and of everybody where the dataset has no transactions.
    """
    ids: list[str] = snapshot[Column.CUSTOMER].to_pylist()
    unknown = dict.fromkeys(ids, Segments())
    if "days_since_purchase" not in snapshot.column_names:
        return unknown
    known = snapshot.filter(snapshot["days_since_purchase"].is_valid())
    return unknown | dict(zip(known[Column.CUSTOMER].to_pylist(), _segments(known), strict=True))


def _segments(known: pa.Table) -> list[Segments]:
    c = {
        name: np.round(known[name].to_numpy(), _DIGITS)
        for name in (
            "days_since_purchase",
            "days_since_first_purchase",
            "gap_mean",
            "baskets_168d",
            "spend_84d",
            "spend_168d",
        )
    }
    ranked = -c["days_since_purchase"], c["baskets_168d"], c["spend_168d"]
    quintiles = [(1 + _place(values, _QUINTILES)).tolist() for values in ranked]
    tiers = [TIERS[place] for place in _place(c["spend_168d"], len(TIERS)).tolist()]
    return [Segments(*row) for row in zip(*quintiles, _life_cycles(c), tiers, strict=True)]


def _place(values: Floats, parts: int) -> NDArray[np.int64]:
    """(n,) in which of so many equal parts each value lies, from 0, by the share of values below it."""
    below = np.searchsorted(np.sort(values), values, side="left")
    return below * parts // max(1, len(values))


def _life_cycles(c: Values) -> list[LifeCycle]:
    rhythm = np.where(np.isnan(c["gap_mean"]), ONE_DAY_RHYTHM, c["gap_mean"])
    silence, growth = c["days_since_purchase"] / rhythm, _growth(c)
    held = [_holds(rule, c, silence, growth) for rule in LIFE_CYCLES]
    return [LIFE_CYCLES[place].life_cycle for place in np.argmax(held, axis=0).tolist()]


def _growth(c: Values) -> Floats:
    """(n,) spend of the last 84 days over that of the 84 days before, 1 where there is neither."""
    lately, before = c["spend_84d"], np.round(c["spend_168d"] - c["spend_84d"], _DIGITS)
    growth = np.where(lately > 0, inf, 1.0)
    np.divide(lately, before, out=growth, where=before > 0)
    return np.round(growth, _DIGITS).astype(np.float64)


def _holds(rule: Rule, c: Values, silence: Floats, growth: Floats) -> Flags:
    recency, tenure = c["days_since_purchase"], c["days_since_first_purchase"]
    silent = (silence > rule.rhythms) & (recency >= rule.days)
    customer = (tenure >= rule.tenure) & (tenure < rule.tenure_below)
    trend = (growth >= rule.growth) & (growth <= rule.growth_most)
    return np.asarray(silent & customer & trend)
