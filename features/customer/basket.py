"""What a basket looks like: value, size, and whether baskets shrink."""

from ibis import _

from features.definitions import Feature, Unit, ratio, within
from features.grains import BASKET

BASKETS = (
    Feature("basket_value_mean", Unit.MONEY, "{value} a basket", _.amount.mean(), BASKET),
    Feature("basket_value_spread", Unit.MONEY, "basket value varies by {value}", _.amount.std(), BASKET),
    Feature(
        "basket_lines_mean", Unit.COUNT, "{value} line(s) a basket", _.lines.cast("float64").mean(), BASKET
    ),
    Feature(
        "basket_lines_max",
        Unit.COUNT,
        "{value} line(s) in the largest basket",
        _.lines.cast("float64").max(),
        BASKET,
    ),
    Feature("basket_units_mean", Unit.COUNT, "{value} unit(s) a basket", _.units.mean(), BASKET),
    Feature(
        "lines_28d",
        Unit.COUNT,
        "{value} line(s) bought in the last 28 days",
        (within(28, _.age) * _.lines).sum(),
        BASKET,
    ),
    Feature(
        "lines_84d",
        Unit.COUNT,
        "{value} line(s) bought in the last 84 days",
        (within(84, _.age) * _.lines).sum(),
        BASKET,
    ),
    Feature(
        "small_baskets_share",
        Unit.SHARE,
        "{value} of baskets hold one or two lines",
        (_.lines <= 2).cast("float64").mean(),
        BASKET,
    ),
    Feature(
        "basket_value_28d",
        Unit.MONEY,
        "{value} a basket in the last 28 days",
        ratio(_.spend_28d, _.baskets_28d),
    ),
    Feature(
        "basket_value_84d",
        Unit.MONEY,
        "{value} a basket in the last 84 days",
        ratio(_.spend_84d, _.baskets_84d),
    ),
    Feature(
        "basket_value_trend",
        Unit.RATIO,
        "baskets of the last 28 days are worth {value} times the customer's usual basket",
        ratio(_.basket_value_28d, _.basket_value_mean),
    ),
)
