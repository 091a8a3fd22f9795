"""When and where: hour of the day and day of the week (UTC), and how settled the channel is."""

from ibis import _

from features.definitions import Feature, Unit
from features.grains import BASKET, CHANNEL

_SATURDAY = 5

CALENDAR = (
    Feature("hour_mean", Unit.HOURS, "usually shops at {value} UTC", _.hour.mean(), BASKET),
    Feature("hour_spread", Unit.HOURS, "the shopping hour varies by {value}", _.hour.std(), BASKET),
    Feature(
        "weekend_share",
        Unit.SHARE,
        "{value} of baskets fall on a weekend",
        (_.weekday >= _SATURDAY).cast("float64").mean(),
        BASKET,
    ),
    Feature("channels_all", Unit.COUNT, "{value} channel(s) used", _.age.count().cast("float64"), CHANNEL),
    Feature(
        "top_channel_share",
        Unit.SHARE,
        "{value} of spend comes through the favourite channel",
        _.amount.max() / _.amount.sum().nullif(0.0),
        CHANNEL,
    ),
)
