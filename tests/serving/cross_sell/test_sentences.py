"""Why an item is offered, in plain words: only what is known."""

import math
from collections.abc import Mapping

import pytest

from serving.cross_sell.artifact import SPOKEN
from serving.cross_sell.schemas import Kind, OfferReason
from serving.cross_sell.sentences import of_candidate, of_popular

NOTHING = dict.fromkeys(SPOKEN, math.nan)
AGAIN = {
    "pair_baskets": 12.0,
    "pair_days_since": 27.0,
    "pair_gap_days": 23.0,
    "pair_basket_share": 0.4,
    "neighbour_rate": 0.9,
    "item_buyers_28d": 0.31,
}


def said(reasons: list[OfferReason]) -> list[tuple[str, str]]:
    return [(reason.code, reason.words) for reason in reasons]


def about(kind: Kind, known: Mapping[str, float], because: str | None = None) -> list[tuple[str, str]]:
    return said(of_candidate(kind, {**NOTHING, **known}, "Cheese", because))


def test_what_is_bought_again_has_its_rhythm_first() -> None:
    assert said(of_candidate("repeat", AGAIN, "Cheese", "Bread")) == [
        ("rhythm", "bought every 23 days on average, last 27 days ago"),
        ("basket_share", "in 40 % of the baskets"),
        ("neighbours", "90 % of the customers most like this one bought it in the last 84 days"),
    ]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (
            {"pair_baskets": 1, "pair_days_since": 40},
            ("bought_once", "bought once, 40 days ago"),
        ),
        (
            {"pair_baskets": 1, "pair_days_since": 1},
            ("bought_once", "bought once, 1 day ago"),
        ),
        (
            {"pair_baskets": 2, "pair_days_since": 40, "pair_gap_days": 0},
            ("last_bought", "last bought 40 days ago"),
        ),
        (
            {"pair_baskets": 9, "pair_days_since": 2, "pair_gap_days": 1},
            ("rhythm", "bought every 1 day on average, last 2 days ago"),
        ),
        ({"pair_days_since": 40}, ("last_bought", "last bought 40 days ago")),
        ({"pair_basket_share": 0.031}, ("basket_share", "in 3.1 % of the baskets")),
    ],
    ids=["once", "a-day", "same-day", "daily", "uncounted", "share-only"],
)
def test_other_histories(known: dict[str, float], reason: tuple[str, str]) -> None:
    assert about("repeat", known) == [reason]


def test_what_is_new_has_what_speaks_for_it_first() -> None:
    assert about("new", {"neighbour_rate": 0.31, "item_buyers_28d": 0.12}, "Bread") == [
        ("goes_with", "customers who buy Bread buy Cheese too"),
        ("neighbours", "31 % of the customers most like this one bought it in the last 84 days"),
        ("buyers", "12 % of active customers bought it in the last 28 days"),
    ]


def test_what_was_bought_long_ago_is_new_again_and_said_so() -> None:
    old = {"pair_baskets": 4, "pair_days_since": 400, "pair_gap_days": 30, "pair_basket_share": 0.1}
    assert about("new", old, "Bread") == [
        ("last_bought", "last bought 400 days ago"),
        ("goes_with", "customers who buy Bread buy Cheese too"),
    ]


@pytest.mark.parametrize("kind", ["repeat", "new"])
def test_nothing_known_is_nothing_said(kind: Kind) -> None:
    assert about(kind, NOTHING) == []


@pytest.mark.parametrize("missing", SPOKEN)
@pytest.mark.parametrize("kind", ["repeat", "new"])
def test_an_unknown_value_is_left_out(kind: Kind, missing: str) -> None:
    reasons = of_candidate(kind, {**AGAIN, missing: math.nan}, "Cheese", None)
    assert 1 <= len(reasons) <= 3
    assert not any("nan" in reason.words or "unknown" in reason.words for reason in reasons)


@pytest.mark.parametrize("share", [0.0, 0.0004])
def test_a_share_of_nobody_speaks_for_nothing(share: float) -> None:
    shares = dict.fromkeys(("pair_basket_share", "neighbour_rate", "item_buyers_28d"), share)
    assert about("repeat", shares) == []


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("", "35 % of all customers buy it within 28 days"),
        ("50-74K", "35 % of customers like this one (50-74K) buy it within 28 days"),
    ],
)
def test_popular(segment: str, words: str) -> None:
    assert said([of_popular(0.35, 28, segment)]) == [("popular", words)]
