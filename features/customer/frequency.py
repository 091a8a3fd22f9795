"""How often: baskets, visit days and active weeks over windows."""

from ibis import _

from features.definitions import WINDOWS, Feature, Unit, within
from features.grains import BASKET, DAY_OF_VISIT, WEEK_OF_VISIT

_ACTIVE_WEEKS = (4, 8, 12, 24)

FREQUENCY = (
    Feature("baskets_all", Unit.COUNT, "{value} basket(s) in all", _.age.count().cast("float64"), BASKET),
    *(
        Feature(
            f"baskets_{days}d",
            Unit.COUNT,
            f"{{value}} basket(s) in the last {days} days",
            within(days, _.age).sum(),
            BASKET,
        )
        for days in WINDOWS
    ),
    Feature(
        "visit_days_all",
        Unit.COUNT,
        "{value} day(s) with a visit",
        _.day.count().cast("float64"),
        DAY_OF_VISIT,
    ),
    *(
        Feature(
            f"visit_days_{days}d",
            Unit.COUNT,
            f"{{value}} day(s) with a visit in the last {days} days",
            (_.day < days).cast("float64").sum(),
            DAY_OF_VISIT,
        )
        for days in (3, 10, 21, 28, 42, 56, 84, 112)
    ),
    *(
        Feature(
            f"active_weeks_{weeks}w",
            Unit.COUNT,
            f"{{value}} week(s) with a visit in the last {weeks} weeks",
            (_.week < weeks).cast("float64").sum(),
            WEEK_OF_VISIT,
        )
        for weeks in _ACTIVE_WEEKS
    ),
)
