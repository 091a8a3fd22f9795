"""How much: net spend over windows, its spread over baskets and weeks."""

from ibis import _

from features.definitions import WINDOWS, Feature, Unit, only_if, ratio, within
from features.grains import BASKET, RETURN, WEEK_OF_VISIT

SPEND = (
    Feature("spend_all", Unit.MONEY, "{value} spent in all", _.amount.sum(), BASKET),
    *(
        Feature(
            f"spend_{days}d",
            Unit.MONEY,
            f"{{value}} spent in the last {days} days",
            (within(days, _.age) * _.amount).sum(),
            BASKET,
        )
        for days in WINDOWS
    ),
    *(
        Feature(
            f"spend_fading_{days}d",
            Unit.MONEY,
            f"{{value}} spent, counting older purchases less and less over {days} days",
            (_.amount * (_.age.cast("float64") / float(-days * 86_400)).exp()).sum(),
            BASKET,
        )
        for days in (21, 56)
    ),
    Feature("largest_basket", Unit.MONEY, "largest basket {value}", _.amount.max(), BASKET),
    Feature(
        "weekly_spend_spread",
        Unit.MONEY,
        "weekly spend varies by {value}",
        _.amount.std(),
        WEEK_OF_VISIT,
    ),
    Feature(
        "spend_last_basket",
        Unit.MONEY,
        "{value} spent in the last basket",
        only_if(_.rank == 0, _.amount).sum(),
        BASKET,
    ),
    Feature(
        "share_of_spend_28d",
        Unit.SHARE,
        "{value} of all spend fell in the last 28 days",
        ratio(_.spend_28d, _.spend_all),
    ),
    Feature(
        "returns_all", Unit.COUNT, "{value} basket(s) with a return", _.age.count().cast("float64"), RETURN
    ),
    Feature("returned_amount", Unit.MONEY, "{value} returned in all", -_.amount.sum(), RETURN),
)
