"""Assumptions are those that the amounts were computed with."""

import math

import pytest

from training.bundles.assumptions import discount, uptake, won
from training.bundles.packages import Package


def package(count: int, lacking: int, won_per_basket: float) -> Package:
    """At 10 % discount, a price of 20 and an uptake of a quarter."""
    given_away = 0.1 * 20.0 * count
    return Package(
        items=("a", "b"),
        count=count,
        lacking_one=lacking,
        price=20.0,
        lift=2.0,
        margin_is_assumed=True,
        given_away=given_away,
        won_per_basket=won_per_basket,
        expected_extra_margin=0.25 * lacking * won_per_basket - given_away,
        paying_uptake=math.inf,
    )


def test_assumptions_are_read_back() -> None:
    offered = [package(5, 40, 1.5), package(3, 0, 0.0)]
    assert won(offered[0]) == 60.0
    assert discount(offered) == pytest.approx(0.1)
    assert uptake(offered) == pytest.approx(0.25)
    assert uptake(offered[::-1]) == pytest.approx(0.25)


def test_nothing_can_be_read_from_nothing() -> None:
    assert discount([]) == uptake([]) == 0.0
    assert uptake([package(3, 0, 0.0)]) == 0.0
