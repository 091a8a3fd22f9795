"""Intervals against published examples and against scipy, which serving does without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from serving.report.intervals import newcombe, student, welch, wilson


@given(st.integers(1, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_a_share_has_its_score_interval(counts: tuple[int, int]) -> None:
    found, expected = wilson(*counts), stats.binomtest(*counts).proportion_ci(method="wilson")
    assert found.estimate == counts[0] / counts[1]
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
    ],
)
def test_a_difference_of_shares_is_that_of_newcombe_s_table(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(wilson(*first), wilson(*second))
    assert found.estimate == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_a_difference_of_means_is_welch_s() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.exponential(3, 40), rng.normal(1, 9, 33)
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    found = welch(first, second)
    assert found is not None
    assert found.estimate == pytest.approx(first.mean() - second.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_one_side_may_be_all_alike() -> None:
    found = welch(np.array([1.0, 2, 3]), np.zeros(4))
    assert found is not None
    error = 1 / np.sqrt(3)
    assert (found.estimate, found.high - 2) == pytest.approx((2, 4.3027 * error), rel=0.02)


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([], []), ([3.0, 3.0], [1.0, 1.0])])
def test_where_nothing_varies_there_is_no_interval(first: list[float], second: list[float]) -> None:
    assert welch(np.array(first), np.array(second)) is None


@given(st.floats(6, 1e6))
def test_student_s_quantile_is_near_enough(freedom: float) -> None:
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-3)
