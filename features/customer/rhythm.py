"""The customer's own rhythm: gaps between visit days, and how far the present silence stretches it."""

import ibis
from ibis import Deferred, _

from features.definitions import Feature, Unit, only_if, ratio
from features.grains import DAY_OF_VISIT

_LONG_PAUSES = (7, 14, 28)


def _beyond(days: int, pause: Deferred) -> Deferred:
    """How many days of a pause came after its first `days`."""
    return ibis.ifelse(pause > days, pause.cast("float64") - days, 0.0)


RHYTHM = (
    Feature("gap_mean", Unit.DAYS, "usually {value} between visits", _.gap.mean(), DAY_OF_VISIT),
    Feature("gap_spread", Unit.DAYS, "the time between visits varies by {value}", _.gap.std(), DAY_OF_VISIT),
    Feature("gap_longest", Unit.DAYS, "the longest pause so far was {value}", _.gap.max(), DAY_OF_VISIT),
    Feature(
        "gap_longest_84d",
        Unit.DAYS,
        "the longest pause of the last 84 days was {value}",
        only_if(_.day < 84, _.gap).max(),
        DAY_OF_VISIT,
    ),
    Feature(
        "gap_mean_84d",
        Unit.DAYS,
        "{value} between visits in the last 84 days",
        only_if(_.day < 84, _.gap).mean(),
        DAY_OF_VISIT,
    ),
    Feature(
        "gap_last",
        Unit.DAYS,
        "{value} between the last two visits",
        only_if(_.rank == 0, _.gap).max(),
        DAY_OF_VISIT,
    ),
    Feature(
        "recency_over_gap",
        Unit.RATIO,
        "silent for {value} times the usual time between visits",
        ratio(_.days_since_purchase, _.gap_mean),
        source="recency in units of the customer's own inter-purchase time",
    ),
    Feature(
        "recency_over_longest_gap",
        Unit.RATIO,
        "silent for {value} times the longest pause so far",
        ratio(_.days_since_purchase, _.gap_longest),
    ),
    Feature(
        "recency_in_spreads",
        Unit.RATIO,
        "silent {value} spreads beyond the usual time between visits",
        ratio(_.days_since_purchase - _.gap_mean, _.gap_spread),
        source="z-score of the current gap",
    ),
    Feature(
        "gap_irregularity",
        Unit.RATIO,
        "visits come irregularly: the spread of gaps is {value} times their mean",
        ratio(_.gap_spread, _.gap_mean),
        source="coefficient of variation of inter-purchase times",
    ),
    *(
        Feature(
            f"silent_share_{days}d",
            Unit.SHARE,
            f"was silent for more than {days} days in {{value}} of the time",
            ratio(
                _beyond(days, _.gap).sum() + _beyond(days, _.day.min()) + 1.0,
                _.day.max().cast("float64") + 28.0,
            ),
            DAY_OF_VISIT,
            source="how often the customer's own past would have counted as churn; one day in 28 as a prior",
        )
        for days in _LONG_PAUSES
    ),
    Feature(
        "silent_share_14d_lately",
        Unit.SHARE,
        "was silent for more than 14 days in {value} of the last 84 days",
        (_beyond(14, _.day.min()) + (_beyond(14, _.gap) * (_.day < 84).cast("float64")).sum()) / 84.0,
        DAY_OF_VISIT,
    ),
    Feature(
        "visits_per_week",
        Unit.COUNT,
        "{value} visit day(s) a week since the first purchase",
        ratio(_.visit_days_all * 7.0, _.days_since_first_purchase + 1.0),
    ),
)
