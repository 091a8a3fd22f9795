"""Feature values in plain words."""

import math

import pytest

from features.wording import UNITS, say

AGO = "last purchase {value} ago"
BASKETS = "{value} basket(s) in the last 28 days"
SPEND = "spent {value} in the last 28 days"


@pytest.mark.parametrize(
    ("words", "unit", "value", "said"),
    [
        (AGO, "days", 1.0, "last purchase 1 day ago"),
        (AGO, "days", 0.0, "last purchase 0 days ago"),
        (AGO, "days", 12.34, "last purchase 12.3 days ago"),
        (AGO, "days", 1.04, "last purchase 1 day ago"),
        (AGO, "hours", 1.0, "last purchase 1 hour ago"),
        (AGO, "hours", 30.0, "last purchase 30 hours ago"),
        (BASKETS, "count", 1.0, "1 basket in the last 28 days"),
        (BASKETS, "count", 0.0, "0 baskets in the last 28 days"),
        (BASKETS, "count", 1234.0, "1,234 baskets in the last 28 days"),
        (BASKETS, "count", 2.25, "2.2 baskets in the last 28 days"),
        ("{value} baskets a week", "count", 3.0, "3 baskets a week"),
        ("{value} of spend on promotion", "share", 0.12, "12 % of spend on promotion"),
        ("{value} of spend on promotion", "share", 0.004, "0.4 % of spend on promotion"),
        ("{value} of spend on promotion", "share", 1.0, "100 % of spend on promotion"),
        ("{value} of spend on promotion", "share", 0.0, "0 % of spend on promotion"),
        (SPEND, "money", 1234.5, "spent 1,234.50 USD in the last 28 days"),
        (SPEND, "money", -0.001, "spent 0.00 USD in the last 28 days"),
        ("{value} times the usual gap", "ratio", 1.834, "1.83 times the usual gap"),
        ("{value} times the usual gap", "ratio", 2.0, "2 times the usual gap"),
        ("trend {value}", "ratio", -0.5, "trend -0.5"),
        ("minutes used: {value}", "number", 1234.567, "minutes used: 1,234.57"),
        ("income level {value}", "level", 3.0, "income level 3"),
        ("homeowner: {value}", "flag", 1.0, "homeowner: yes"),
        ("homeowner: {value}", "flag", 0.0, "homeowner: no"),
        (AGO, "days", math.nan, "last purchase: unknown"),
        (BASKETS, "count", math.nan, "baskets in the last 28 days: unknown"),
        (SPEND, "money", math.nan, "spent in the last 28 days: unknown"),
        ("homeowner: {value}", "flag", math.nan, "homeowner: unknown"),
    ],
)
def test_a_value_is_said_as_a_person_would(words: str, unit: str, value: float, said: str) -> None:
    assert say(words, unit, value, "USD") == said


def test_money_without_a_currency_is_a_bare_amount() -> None:
    assert say(SPEND, "money", 5) == "spent 5.00 in the last 28 days"


def test_braces_in_words_are_only_words() -> None:
    assert say("{value} {value.__class__} {0}", "count", 2) == "2 {value.__class__} {0}"


@pytest.mark.parametrize(("words", "unit"), [(AGO, "furlongs"), ("last purchase long ago", "days")])
def test_an_unknown_unit_or_words_without_a_place_are_refused(words: str, unit: str) -> None:
    with pytest.raises(ValueError, match="is one of days, hours"):
        say(words, unit, 1.0)


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_unit_takes_every_finite_number(unit: str) -> None:
    for value in (-1e300, -1.0, -0.0, 5e-324, 1e300):
        assert "unknown" not in say("{value}", unit, value)
