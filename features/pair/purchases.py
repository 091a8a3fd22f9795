"""What a customer did with an item: how recently, how often, in what rhythm, at what price."""

from ibis import _

from features.definitions import DAY, Feature, Unit, in_days, only_if, ratio, within
from features.grains import BASKET_ITEM, PAIR_PERIOD, PAIR_WEEK

_FADING_DAYS = (14, 42, 120)

PURCHASES = (
    Feature("pair_baskets", Unit.NUMBER, "bought in {value} basket(s)", _.age.count(), BASKET_ITEM),
    *(
        Feature(
            f"pair_baskets_{days}d",
            Unit.NUMBER,
            f"in {{value}} basket(s) of the last {days} days",
            within(days, _.age).sum(),
            BASKET_ITEM,
        )
        for days in (28, 84)
    ),
    Feature("pair_days_since", Unit.DAYS, "last bought {value} ago", in_days(_.age.min()), BASKET_ITEM),
    Feature(
        "pair_days_since_first", Unit.DAYS, "first bought {value} ago", in_days(_.age.max()), BASKET_ITEM
    ),
    *(
        Feature(
            f"pair_fading_{days}d",
            Unit.NUMBER,
            f"{{value}} basket(s), counting older ones less and less over {days} days",
            (_.age.cast("float64") / float(-days * DAY)).exp().sum(),
            BASKET_ITEM,
            source="exponentially weighted counts",
        )
        for days in _FADING_DAYS
    ),
    Feature(
        "pair_gap_days",
        Unit.DAYS,
        "bought every {value} on average",
        only_if(_.age.count() > 1, in_days(_.age.max() - _.age.min()) / (_.age.count() - 1.0)),
        BASKET_ITEM,
        source="inter-purchase time of the pair",
    ),
    Feature("pair_amount", Unit.MONEY, "{value} a basket with it", _.amount.mean(), BASKET_ITEM),
    Feature(
        "pair_promoted_share",
        Unit.SHARE,
        "on promotion in {value} of these baskets",
        _.promoted.mean(),
        BASKET_ITEM,
    ),
    Feature("pair_weeks", Unit.NUMBER, "bought in {value} week(s)", _.week.count(), PAIR_WEEK),
    Feature(
        "pair_periods",
        Unit.NUMBER,
        "bought in {value} period(s) of 28 days",
        _.period.count(),
        PAIR_PERIOD,
    ),
    Feature(
        "pair_periods_fading",
        Unit.NUMBER,
        "bought in {value} period(s) of 28 days, each older one counting three quarters of the next",
        (_.period.cast("float64") * -0.28768207245178096).exp().sum(),
        PAIR_PERIOD,
        source="0.75 to the power of the period's number; the label asks the same of the next period",
    ),
    Feature(
        "pair_since_over_gap",
        Unit.RATIO,
        "not bought for {value} times the usual time between purchases of it",
        ratio(_.pair_days_since, _.pair_gap_days),
        source="recency in units of the pair's own inter-purchase time",
    ),
)
