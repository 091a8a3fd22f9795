"""More or less than before: one period against the one before it and against the long run."""

from ibis import _

from features.definitions import Feature, Unit, between, ratio
from features.grains import BASKET

_PERIODS = ((28, 56), (56, 84), (84, 112))

TRENDS = (
    *(
        Feature(
            f"baskets_{newer}_{older}d",
            Unit.COUNT,
            f"{{value}} basket(s) between {newer} and {older} days ago",
            between(newer, older, _.age).sum(),
            BASKET,
        )
        for newer, older in _PERIODS
    ),
    *(
        Feature(
            f"spend_{newer}_{older}d",
            Unit.MONEY,
            f"{{value}} spent between {newer} and {older} days ago",
            (between(newer, older, _.age) * _.amount).sum(),
            BASKET,
        )
        for newer, older in _PERIODS
    ),
    Feature(
        "baskets_trend_28d",
        Unit.RATIO,
        "baskets of the last 28 days are {value} times those of the 28 days before",
        ratio(_.baskets_28d + 1.0, _.baskets_28_56d + 1.0),
    ),
    Feature(
        "spend_trend_28d",
        Unit.RATIO,
        "spend of the last 28 days is {value} times that of the 28 days before",
        ratio(_.spend_28d + 1.0, _.spend_28_56d + 1.0),
    ),
    Feature(
        "baskets_trend_14d",
        Unit.RATIO,
        "baskets of the last 14 days are {value} times the pace of the last 56",
        ratio((_.baskets_14d + 0.5) * 4.0, _.baskets_56d + 2.0),
    ),
    Feature(
        "baskets_trend_84d",
        Unit.RATIO,
        "baskets of the last 28 days are {value} times the pace of the last 84",
        ratio((_.baskets_28d + 1.0) * 3.0, _.baskets_84d + 3.0),
    ),
    Feature(
        "spend_trend_84d",
        Unit.RATIO,
        "spend of the last 28 days is {value} times the pace of the last 84",
        ratio((_.spend_28d + 1.0) * 3.0, _.spend_84d + 3.0),
    ),
    Feature(
        "pace_against_own_past",
        Unit.RATIO,
        "baskets of the last 28 days are {value} times the customer's own long-run pace",
        ratio((_.baskets_28d + 1.0) * (_.days_since_first_purchase + 28.0), (_.baskets_all + 1.0) * 28.0),
    ),
)
