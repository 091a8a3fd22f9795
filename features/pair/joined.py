"""What only shows when pair, item and customer stand side by side."""

import ibis
from ibis import _

from features.definitions import Feature, Unit, ratio

REPEAT = "repeat"
"""Name of the feature that is 1.0 for an item bought lately enough not to be new to the customer, else 0.0."""


def joined(new_after_days: int) -> tuple[Feature, ...]:
    """Features derived from those of the pair, the item and the customer; the first says repeat or new."""
    # a pair without a purchase has no days since one: not a number here
    bought = (_.pair_days_since < float(new_after_days)) & ~_.pair_days_since.isnan()
    return (
        Feature(REPEAT, Unit.FLAG, "bought before: {value}", ibis.ifelse(bought, 1.0, 0.0)),
        Feature(
            "pair_basket_share",
            Unit.SHARE,
            "in {value} of the customer's baskets",
            ratio(_.pair_baskets, _.baskets_all),
        ),
        Feature(
            "pair_basket_share_84d",
            Unit.SHARE,
            "in {value} of the customer's baskets of the last 84 days",
            ratio(_.pair_baskets_84d, _.baskets_84d),
        ),
        Feature(
            "pair_week_share",
            Unit.SHARE,
            "bought in {value} of the weeks since the customer's first purchase",
            ratio(_.pair_weeks, (_.days_since_first_purchase / 7.0).floor() + 1.0),
        ),
        Feature(
            "pair_period_share",
            Unit.SHARE,
            "bought in {value} of the customer's periods of 28 days",
            ratio(_.pair_periods, (_.days_since_first_purchase / 28.0).floor() + 1.0),
        ),
        Feature(
            "pair_since_over_item_gap",
            Unit.RATIO,
            "not bought for {value} times the rhythm in which others buy it",
            ratio(_.pair_days_since, _.item_gap_days),
            source="recency in units of the item's repurchase time",
        ),
    )
