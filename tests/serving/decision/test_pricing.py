"""Offers in money, each number beside the formula that it follows from."""

from dataclasses import replace

import pytest

from serving.decision.catalogue import Offer
from serving.decision.facts import Chance, Facts, ItemChance
from serving.decision.pricing import Gap, price, price_tag
from serving.decision.trace import Factor, Priced
from tests.serving.decision.books import KNOWN, book, item, offer

LEAVING = replace(KNOWN, churn=Chance(0.4, "churn 3"), attributes={"spend_84d": 210.0})
CHEESE = item("CHEESE", 0.3, price=8.0)


def priced(
    made: Offer,
    chance: ItemChance | None = None,
    facts: Facts = LEAVING,
    channel: str = "web",
    **said: object,
) -> Priced | Gap:
    rules = book(made, **said)
    tag = price_tag(rules.offers[0], channel, rules.policy)
    return price(tag, None if chance is None else chance.item, chance, facts, rules.policy.stake)


def money(result: Priced | Gap) -> tuple[float, float]:
    assert isinstance(result, Priced)
    return result.priority, result.reserved


def score(result: Priced | Gap) -> Gap:
    assert not isinstance(result, Priced)
    return result


@pytest.mark.parametrize(
    ("made", "chance", "channel", "expected", "reserved"),
    [
        (offer("a"), None, "web", 0.5 * 10, 0),
        (offer("a", discount=2.0, cost=0.1), None, "web", 0.5 * (10 - 2) - 0.1, 0.1 + 0.5 * 2),
        (offer("a", incremental=0.2, discount=2.0), None, "web", 0.5 * (0.2 * 10 - 2), 0.5 * 2),
        (offer("a", lever=20.0, discount=2.0), None, "web", 0.5 * (10 * 1.2 - 2), 0.5 * 2),
        (offer("a", channels=["till"], discount=2.0), None, "till", 0.75 * (10 - 2), 0.75 * 2),
        (offer("a", channels=["till"], acceptance=0.8), None, "till", 1.0 * 10, 0),
        (offer("a", channels=["email"]), None, "email", 0.5 * 10 - 0.02, 0.02),
        (offer("a", channels=["email"], cost=0.5), None, "email", 0.5 * 10 - 0.5, 0.5),
        (offer("a", "cross_sell"), CHEESE, "web", 0.3 * (0.5 * 8), 0),
        (offer("a", "cross_sell", value=3.0), CHEESE, "web", 0.3 * 3, 0),
        (offer("a", "cross_sell", acceptance=0.1), CHEESE, "web", 0.1 * (0.5 * 8), 0),
        (offer("a", "bundle", discount=1.0), CHEESE, "web", 0.3 * (0.5 * 8 - 1), 0.3 * 1),
        (offer("a", "retention"), None, "web", 0.4 * (0.25 * 210 / 84 * 168) * 0.5, 0),
        (offer("a", "retention", value=90.0), None, "web", 0.4 * 90 * 0.5, 0),
        (offer("a", "retention", value=90.0, discount=5.0), None, "web", 0.4 * 90 * 0.5 - 5, 5),
        (
            offer("a", "retention", value=90.0, discount=5.0, redemption=0.3, cost=1.0, lever=-50.0),
            None,
            "web",
            0.4 * 90 * 0.5 * 0.5 - 0.3 * 5 - 1,
            0.3 * 5 + 1,
        ),
    ],
)
def test_money_follows_from_the_formula(
    made: Offer, chance: ItemChance | None, channel: str, expected: float, reserved: float
) -> None:
    assert money(priced(made, chance, channel=channel)) == pytest.approx((expected, reserved), abs=1e-12)


def test_levers_add_up() -> None:
    made = offer("a", lever=15.0)
    assert money(priced(made, levers={"loyalty": 10.0, "retention": 99.0}))[0] == pytest.approx(0.5 * 12.5)
    assert money(priced(made, levers={"loyalty": -15.0})) == money(priced(offer("a")))
    assert money(priced(made, levers={"loyalty": -115.0}))[0] == 0


def test_every_factor_says_who_vouches_for_it() -> None:
    result = priced(offer("a", "cross_sell", discount=1.0, lever=10.0), CHEESE)
    assert isinstance(result, Priced)
    assert (result.offer_id, result.kind, result.item) == ("a", "cross_sell", "CHEESE")
    assert result.factors == (
        Factor("probability", 0.3, "share", "cross_sell 2"),
        Factor("context", 1.0, "ratio", "policy"),
        Factor("accept", 0.3, "share", "assumption"),
        Factor("incremental", 1.0, "share", "assumption"),
        Factor("value", 4.0, "money", "data"),
        Factor("lever", 1.1, "ratio", "policy"),
        Factor("discount", 1.0, "money", "catalogue"),
        Factor("cost", 0.0, "money", "policy"),
    )


def test_the_factors_of_retention() -> None:
    result = priced(offer("a", "retention", cost=0.3))
    assert isinstance(result, Priced)
    assert result.factors == (
        Factor("churn", 0.4, "share", "churn 3"),
        Factor("stake", 105.0, "money", "assumption"),
        Factor("save_rate", 0.5, "share", "assumption"),
        Factor("lever", 1.0, "ratio", "policy"),
        Factor("redemption", 1.0, "share", "assumption"),
        Factor("discount", 0.0, "money", "catalogue"),
        Factor("cost", 0.3, "money", "catalogue"),
    )


def test_what_was_measured_is_no_assumption() -> None:
    of_retention = offer("a", "retention", measured=["save_rate", "redemption", "stake.margin"])
    of_loyalty = offer("b", measured=["acceptance", "incremental"])
    for made, names in ((of_retention, ["stake", "save_rate", "redemption"]), (of_loyalty, ["probability"])):
        result = priced(made)
        assert isinstance(result, Priced)
        sources = {factor.name: factor.source for factor in result.factors}
        assert "assumption" not in sources.values()
        assert [sources[name] for name in names] == ["measured"] * len(names)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({}, "assumption"),
        ({"measured": ["acceptance"]}, "measured"),
        ({"acceptance": 0.1}, "formula"),
        ({"acceptance": 0.1, "measured": ["acceptance"]}, "formula"),
    ],
)
def test_that_a_purchase_without_an_offer_is_an_acceptance_is_assumed(
    said: dict[str, object], source: str
) -> None:
    result = priced(offer("a", "cross_sell", **said), CHEESE)
    assert isinstance(result, Priced)
    assert [one.source for one in result.factors if one.name == "accept"] == [source]


@pytest.mark.parametrize(
    ("made", "chance", "facts", "expected"),
    [
        (offer("a", "retention"), None, replace(LEAVING, churn=None), ("churn", "unknown")),
        (offer("a", "retention"), None, replace(LEAVING, attributes={}), ("stake", "unknown")),
        (
            offer("a", "retention"),
            None,
            replace(LEAVING, attributes={"spend_84d": float("nan")}),
            ("stake", "nan"),
        ),
        (
            offer("a", "retention"),
            None,
            replace(LEAVING, churn=Chance(float("nan"), "churn 3")),
            ("churn", "nan"),
        ),
        (offer("a", "cross_sell"), item("NEW", 0.3, price=None), LEAVING, ("value", "unknown")),
        (offer("a", "cross_sell"), item("NEW", 0.3, price=float("inf")), LEAVING, ("value", "inf")),
        (offer("a", "cross_sell", value=1e308, lever=1e9), CHEESE, LEAVING, ("priority", "inf")),
        (offer("a", "bundle", acceptance=0.2), None, LEAVING, ("value", "unknown")),
    ],
)
def test_without_a_number_there_is_no_price(
    made: Offer, chance: ItemChance | None, facts: Facts, expected: tuple[str, str]
) -> None:
    assert score(priced(made, chance, facts)) == expected


def test_who_returned_more_than_they_bought_has_nothing_at_stake() -> None:
    returning = replace(LEAVING, attributes={"spend_84d": -40.0})
    assert money(priced(offer("a", "retention", cost=1.0), facts=returning)) == (-1.0, 1.0)
