"""Bought for the price: discounts taken and promoted lines."""

from ibis import _

from features.definitions import Feature, Unit, ratio, within
from features.grains import BASKET

PROMOTION = (
    Feature(
        "discount_share",
        Unit.SHARE,
        "{value} of the shelf price was discount",
        ratio(_.discount.sum(), _.discount.sum() + _.amount.sum()),
        BASKET,
    ),
    Feature(
        "discount_84d",
        Unit.MONEY,
        "{value} of discounts in the last 84 days",
        (within(84, _.age) * _.discount).sum(),
        BASKET,
    ),
    Feature(
        "discounted_lines_share",
        Unit.SHARE,
        "{value} of lines were discounted",
        ratio(_.discounted.sum(), _.lines.sum()),
        BASKET,
    ),
    Feature(
        "promoted_lines_share",
        Unit.SHARE,
        "{value} of lines were on promotion",
        ratio(_.promoted.sum(), _.lines.sum()),
        BASKET,
    ),
    Feature(
        "promoted_lines_share_84d",
        Unit.SHARE,
        "{value} of lines of the last 84 days were on promotion",
        ratio((within(84, _.age) * _.promoted).sum(), (within(84, _.age) * _.lines).sum()),
        BASKET,
    ),
    Feature(
        "bargain_baskets_share",
        Unit.SHARE,
        "{value} of baskets were mostly discounted lines",
        (_.discounted * 2.0 > _.lines).cast("float64").mean(),
        BASKET,
    ),
)
