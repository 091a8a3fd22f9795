"""What an item is like for everybody: how many buy it, again and in what rhythm, at what price and promotion."""

from ibis import _

from features.definitions import Feature, Unit, in_days, ratio, within
from features.grains import PAIR

_WINDOWS = (7, 14, 28, 84)

ITEMS = (
    Feature("item_customers", Unit.NUMBER, "{value} customer(s) have bought it", _.age.count(), PAIR),
    *(
        Feature(
            f"item_count_{days}d",
            Unit.COUNT,
            f"{{value}} customer(s) bought it in the last {days} days",
            within(days, _.age).sum(),
            PAIR,
        )
        for days in _WINDOWS
    ),
    Feature(
        "item_first_count_28d",
        Unit.COUNT,
        "{value} customer(s) bought it for the first time in the last 28 days",
        within(28, _.first_age).sum(),
        PAIR,
    ),
    Feature(
        "item_repeat_share",
        Unit.SHARE,
        "{value} of its buyers have bought it again",
        (_.baskets > 1).cast("float64").mean(),
        PAIR,
    ),
    Feature(
        "item_gap_days",
        Unit.DAYS,
        "its buyers buy it every {value}",
        ratio(in_days((_.first_age - _.age).sum()), (_.baskets - 1).sum()),
        PAIR,
        source="repurchase rhythm of the item, over all its buyers",
    ),
    Feature(
        "item_price", Unit.MONEY, "{value} a basket with it", ratio(_.amount.sum(), _.baskets.sum()), PAIR
    ),
    Feature(
        "item_promoted_28d",
        Unit.SHARE,
        "on promotion in {value} of its baskets of the last 28 days",
        ratio(_.recent_promoted.sum(), _.recent_baskets.sum()),
        PAIR,
    ),
    *(
        Feature(
            f"item_buyers_{days}d",
            Unit.SHARE,
            f"{{value}} of active customers bought it in the last {days} days",
            ratio(_[f"item_count_{days}d"], _[f"active_{days}d"]),
        )
        for days in _WINDOWS
    ),
    Feature(
        "item_trend",
        Unit.RATIO,
        "bought by {value} times as many in the last 28 days as in the last 84",
        ratio((_.item_count_28d + 5.0) * _.active_84d, (_.item_count_84d + 5.0) * _.active_28d),
    ),
    Feature(
        "item_trend_14d",
        Unit.RATIO,
        "bought by {value} times as many in the last 14 days as in the last 28",
        ratio((_.item_count_14d + 5.0) * _.active_28d, (_.item_count_28d + 5.0) * _.active_14d),
    ),
    Feature(
        "item_new_rate",
        Unit.SHARE,
        "{value} of those who never had it began to buy it in the last 28 days",
        ratio(_.item_first_count_28d, _.known_customers - _.item_customers + _.item_first_count_28d),
        source="conversion of customers to whom the item is new",
    ),
    Feature(
        "item_return_rate",
        Unit.SHARE,
        "{value} of its earlier buyers bought it in the last 28 days",
        ratio(_.item_count_28d - _.item_first_count_28d, _.item_customers - _.item_first_count_28d),
    ),
)
"""Features with a row an item; the shares refer to the counts of `MARKET`."""

MARKET = {
    "known_customers": _.age.count(),
    **{f"active_{days}d": within(days, _.age).sum() for days in _WINDOWS},
}
"""Counts over all customers, from one row a customer: what shares of customers are shares of."""
