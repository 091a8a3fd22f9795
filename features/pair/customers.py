"""What a customer is like while an item is chosen for them: activity, basket, and appetite for something new."""

from itertools import chain

from ibis import _

from features.customer import FAMILIES
from features.definitions import Feature, Unit, within
from features.grains import PAIR

_CHOSEN = frozenset(
    {
        "baskets_28d",
        "baskets_84d",
        "baskets_all",
        "basket_lines_mean",
        "days_since_first_purchase",
        "days_since_purchase",
        "gap_mean",
        "promoted_lines_share",
        "recency_over_gap",
        "spend_84d",
        "visit_days_all",
        "visits_fading_35d",
    }
)

CUSTOMERS = tuple(feature for feature in chain.from_iterable(FAMILIES.values()) if feature.name in _CHOSEN)
"""Features of the customer that churn knows as well: one definition."""

VARIETY = (
    Feature("items_all", Unit.COUNT, "has bought {value} different item(s)", _.age.count(), PAIR),
    Feature(
        "items_84d",
        Unit.COUNT,
        "bought {value} different item(s) in the last 84 days",
        within(84, _.age).sum(),
        PAIR,
    ),
    *(
        Feature(
            f"items_new_{days}d",
            Unit.COUNT,
            f"tried {{value}} item(s) for the first time in the last {days} days",
            within(days, _.first_age).sum(),
            PAIR,
        )
        for days in (28, 84)
    ),
)
"""Features of the customer that depend on what an item is."""
