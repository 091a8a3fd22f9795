"""p-values, q-values and intervals against scipy, statsmodels and simulated baskets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom, norm, poisson
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]  # ships no types

from training.arrays import Floats
from training.bundles.significance import above, below, lift_interval, p_values, q_values

chances = st.lists(st.floats(1e-300, 1), min_size=1, max_size=50)


def test_p_values_are_fishers_exact_test() -> None:
    count, first, second = np.array([0, 3, 7, 40]), np.array([5, 9, 7, 50]), np.array([6, 11, 30, 45])
    table = np.array([[count, first - count], [second - count, 100 - first - second + count]])
    expected = [fisher_exact(table[:, :, pair], alternative="greater")[1] for pair in range(4)]
    np.testing.assert_allclose(p_values(count, first, second, 100), expected, rtol=1e-9)


def test_p_values_add_up_the_hypergeometric_tail() -> None:
    tail = sum(hypergeom.pmf(k, 1000, 60, 200) for k in range(20, 61))
    np.testing.assert_allclose(
        p_values(np.array([20]), np.array([60]), np.array([200]), 1000), tail, rtol=1e-9
    )


@given(chances, st.integers(0, 40))
def test_q_values_are_those_of_statsmodels(known: list[float], untested: int) -> None:
    p_value = np.array(known)
    everything = np.append(p_value, np.ones(untested))
    expected = multipletests(everything, method="fdr_bh")[1][: len(known)]
    np.testing.assert_allclose(q_values(p_value, len(everything)), expected, rtol=1e-12)


def test_counting_every_hypothesis_twice_changes_no_q_value() -> None:
    p_value = np.array([0.2, 0.001, 0.001, 0.03])
    np.testing.assert_allclose(q_values(np.tile(p_value, 2), 20)[:4], q_values(p_value, 10), rtol=1e-12)


def test_of_no_p_values_there_are_no_q_values() -> None:
    assert q_values(np.empty(0), 10).tolist() == []


@pytest.mark.parametrize("both", [0.05, 0.1, 0.18])
def test_the_interval_holds_the_lift_nineteen_times_in_twenty(both: float) -> None:
    chance = np.random.default_rng(3)
    drawn = chance.multinomial(800, [both, 0.2 - both, 0.3 - both, 0.5 + both], size=4000)
    count, first, second = drawn[:, 0], drawn[:, :2].sum(axis=1), drawn[:, [0, 2]].sum(axis=1)
    low, high = lift_interval(count, first, second, 800)
    lift = both / (0.2 * 0.3)
    assert ((low <= lift) & (lift <= high)).mean() == pytest.approx(0.95, abs=0.012)


def test_where_every_basket_holds_both_the_lift_is_sure() -> None:
    low, high = lift_interval(np.array([9]), np.array([9]), np.array([9]), 9)
    assert (low.item(), high.item()) == (1.0, 1.0)


def test_tails_without_skew_are_normal() -> None:
    count = np.array([3.0, 5, 9])
    moments = np.full(3, 5.0), np.full(3, 4.0), np.zeros(3)
    np.testing.assert_allclose(above(count, *moments), norm.sf((count - 0.5 - 5) / 2), rtol=1e-9)
    np.testing.assert_allclose(below(count, *moments), norm.cdf((count + 0.5 - 5) / 2), rtol=1e-9)


def test_tails_far_out_are_close_to_those_of_rare_events() -> None:
    count, mean = np.array([8.0, 12, 16]), np.full(3, 5.0)
    assert_safe(above(count, mean, mean, mean), poisson.sf(count - 1, 5))
    count, mean = np.array([1.0, 3, 8, 12]), np.full(4, 12.0)
    assert_safe(below(count, mean, mean, mean), poisson.cdf(count, 12))


@pytest.mark.parametrize(("baskets", "first", "second"), [(60, 20, 24), (400, 30, 40), (50, 45, 30)])
def test_tails_are_close_to_those_of_a_hypergeometric_count(baskets: int, first: int, second: int) -> None:
    every = np.arange(min(first, second) + 1.0)
    chance = hypergeom.pmf(every, baskets, first, second)
    mean = chance @ every
    variance, third = (chance @ (every - mean) ** power for power in (2, 3))
    count = every[(every >= mean) & (every < mean + 4 * np.sqrt(variance))]
    moments = (np.full(len(count), each) for each in (mean, variance, third))
    assert_safe(above(count, *moments), hypergeom.sf(count - 1, baskets, first, second))


def assert_safe(found: Floats, exact: Floats) -> None:
    """No surer than the truth but for a little, and half as sure at worst."""
    assert ((found > 0.9 * exact) & (found < 2.2 * exact)).all(), (found, exact)


def test_where_nothing_can_vary_nothing_is_sure() -> None:
    nothing = np.zeros(1)
    assert above(np.ones(1) * 3, np.ones(1) * 3, nothing, nothing).item() == 1.0
    assert below(np.zeros(1), np.zeros(1), nothing, nothing).item() == 1.0
