"""What is bought: variety and concentration of items, categories, departments, brands and stores; price."""

from collections.abc import Iterator

from ibis import _

from features.definitions import DAY, Feature, Grain, Unit, ratio, within
from features.grains import BRAND, CATEGORY, DEPARTMENT, ITEM, STORE

_PLURALS = {
    ITEM: "items",
    CATEGORY: "categories",
    DEPARTMENT: "departments",
    BRAND: "brands",
    STORE: "stores",
}
_LAPSED_DAYS = 56


def _variety(grain: Grain, things: str) -> Iterator[Feature]:
    """Distinct things touched, overall and lately, and how much of the spend the favourite holds."""
    yield Feature(
        f"{things}_all",
        Unit.COUNT,
        f"different {things} so far: {{value}}",
        _.age.count().cast("float64"),
        grain,
    )
    for days in (28, 84):
        yield Feature(
            f"{things}_{days}d",
            Unit.COUNT,
            f"different {things} in the last {days} days: {{value}}",
            within(days, _.age).sum(),
            grain,
        )
    yield Feature(
        f"top_{grain.name}_share",
        Unit.SHARE,
        f"{{value}} of spend goes to the favourite {grain.name}",
        ratio(_.amount.max(), _.amount.sum()),
        grain,
    )


def _loyalty(grain: Grain, things: str) -> Iterator[Feature]:
    """What is bought again and again, what was dropped, and what came new."""
    yield Feature(
        f"repeat_{things}_share",
        Unit.SHARE,
        f"{{value}} of {things} were bought more than once",
        (_.lines > 1).cast("float64").mean(),
        grain,
    )
    yield Feature(
        f"dropped_{things}_share",
        Unit.SHARE,
        f"{{value}} of {things} bought more than once were not bought in the last {_LAPSED_DAYS} days",
        ratio(
            ((_.lines > 1) & (_.age >= _LAPSED_DAYS * DAY)).cast("float64").sum(),
            (_.lines > 1).cast("float64").sum(),
        ),
        grain,
    )
    yield Feature(
        f"new_{things}_28d",
        Unit.COUNT,
        f"{things} bought for the first time in the last 28 days: {{value}}",
        within(28, _.first_age).sum(),
        grain,
    )


MIX = (
    *(feature for grain, things in _PLURALS.items() for feature in _variety(grain, things)),
    *(feature for grain in (ITEM, CATEGORY) for feature in _loyalty(grain, _PLURALS[grain])),
    Feature(
        "categories_trend",
        Unit.RATIO,
        "categories bought in the last 28 days are {value} of those bought in the last 84",
        ratio(_.categories_28d, _.categories_84d),
    ),
    Feature(
        "line_price_mean",
        Unit.MONEY,
        "{value} a line",
        ratio(_.amount.sum(), _.lines.sum()),
        ITEM,
    ),
)
