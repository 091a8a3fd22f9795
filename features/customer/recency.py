"""How long ago: the last visits, the first, and how sharply visits fade."""

from ibis import _

from features.definitions import Feature, Unit, in_days, only_if
from features.grains import BASKET, DAY_OF_VISIT

_EARLIER_VISITS = {2: "2nd", 3: "3rd", 5: "5th", 8: "8th"}
_FADING_DAYS = (10, 21, 35, 56, 100)

RECENCY = (
    Feature("days_since_purchase", Unit.DAYS, "last purchase {value} ago", in_days(_.age.min()), BASKET),
    Feature("days_since_first_purchase", Unit.DAYS, "customer for {value}", in_days(_.age.max()), BASKET),
    *(
        Feature(
            f"days_since_visit_{rank}",
            Unit.DAYS,
            f"the {spoken} last visit day was {{value}} ago",
            only_if(_.rank == rank - 1, _.day).max(),
            DAY_OF_VISIT,
        )
        for rank, spoken in _EARLIER_VISITS.items()
    ),
    *(
        Feature(
            f"visits_fading_{days}d",
            Unit.COUNT,
            f"{{value}} visit day(s), counting older ones less and less over {days} days",
            (_.day.cast("float64") / float(-days)).exp().sum(),
            DAY_OF_VISIT,
            source="exponentially weighted counts; Fader & Hardie 2005 on recency and frequency",
        )
        for days in _FADING_DAYS
    ),
)
