"""The estimators on a table small enough to reckon by hand, and what they promise for every table.

Two actions, `buy` and `none`; the target policy always takes `buy`:

    customer  taken  propensity  reward  weight
    c1        buy    0.5         10      2
    c1        none   0.5          0      0
    c2        buy    0.8          4      1.25
    c2        none   0.2          1      0
    c3        buy    0.5          6      2
    c3        buy    0.8          2      1.25

SNIPS is (20 + 5 + 12 + 2.5) / 6.5. With predictions 5 for `buy` and 1 for `none` the doubly robust scores are
5 + 2 x 5 = 15, 5, 5 - 1.25 = 3.75, 5, 5 + 2 = 7 and 5 - 3.75 = 1.25: 37 / 6 on average.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.errors import InputError
from training.arrays import Floats
from training.judge.estimators import (
    Logged,
    clustered_mean,
    doubly_robust,
    effective_differences,
    effective_size,
    snips,
    without_support,
)

CUSTOMER = np.array([1, 1, 2, 2, 3, 3])
REWARD = np.array([10.0, 0, 4, 1, 6, 2])
BUY = np.array([0.5, 0.5, 0.8, 0.8, 0.5, 0.8])
BOUGHT = np.array([1, 0, 1, 0, 1, 1])
ALWAYS = np.array([1.0, 0.0] * 6)
PREDICTED = np.array([5.0, 1.0] * 6)


def table(order: NDArray[np.intp] | None = None) -> Logged:
    """Decision i has the pairs 2 i (`buy`) and 2 i + 1 (`none`)."""
    order = np.arange(6) if order is None else order
    propensity = np.column_stack([BUY, 1 - BUY])[order].ravel()
    taken = 2 * np.arange(6) + 1 - BOUGHT[order]
    return Logged(CUSTOMER[order], REWARD[order], taken, np.repeat(np.arange(6), 2), propensity)


def test_snips_divides_by_the_weights() -> None:
    assert snips(table(), ALWAYS).mean() == pytest.approx(39.5 / 6.5)


def test_snips_expands_the_ratio_in_each_decision() -> None:
    value = 39.5 / 6.5
    assert snips(table(), ALWAYS)[1] == pytest.approx(value)
    assert snips(table(), ALWAYS)[0] == pytest.approx(value + 2 * (10 - value) / (6.5 / 6))


def test_doubly_robust_corrects_the_prediction_by_what_was_seen() -> None:
    assert doubly_robust(table(), ALWAYS, PREDICTED) == pytest.approx([15, 5, 3.75, 5, 7, 1.25])


def test_standard_error_is_over_customers() -> None:
    found = clustered_mean(doubly_robust(table(), ALWAYS, PREDICTED), CUSTOMER)
    mean = 37 / 6
    sums = [20 - 2 * mean, 8.75 - 2 * mean, 8.25 - 2 * mean]
    error = math.sqrt(3 / 2 * sum(one**2 for one in sums)) / 6
    assert (found.estimate, found.standard_error) == pytest.approx((mean, error))


def test_without_skewness_the_interval_is_student_s() -> None:
    found = clustered_mean(np.array([5.0, 1, 3, 2, 4]), np.arange(5))
    reach = 2.776445 * math.sqrt(2.5 / 5)
    assert (found.low, found.high) == pytest.approx((3 - reach, 3 + reach))


def test_skewed_money_reaches_farther_to_its_side() -> None:
    """The ends are where Hall's polynomial of the studentised mean is Student's quantile for 49 degrees."""
    scores = np.array([40.0, 25, 10, *47 * [0.5]])
    found = clustered_mean(scores, np.arange(50))
    centred = scores - scores.mean()
    a = (centred**3).mean() / (centred**2).mean() ** 1.5 / math.sqrt(50)
    for end, quantile in ((found.low, 2.009575), (found.high, -2.009575)):
        x = (found.estimate - end) / found.standard_error
        assert x + a * x**2 / 3 + a**2 * x**3 / 27 + a / 6 == pytest.approx(quantile)
    assert found.high - found.estimate > 2 * (found.estimate - found.low)


def test_what_never_varies_is_sure() -> None:
    found = clustered_mean(np.zeros(4), np.arange(4))
    assert (found.low, found.high, found.standard_error) == (0, 0, 0)


def test_the_log_is_worth_fewer_decisions_than_it_has() -> None:
    weights = table().weights(ALWAYS)
    assert effective_size(weights) == pytest.approx(6.5**2 / (4 + 1.5625 + 4 + 1.5625))
    assert effective_size(table().weights(table().propensity)) == pytest.approx(6)


def test_differences_count_as_much_as_they_are_likely_to_be_seen() -> None:
    """Two decisions: one differs in what is taken once in ten times, the other in nothing."""
    one = Logged(
        np.array([0, 1]),
        np.array([1.0, 2]),
        np.array([1, 3]),
        np.array([0, 0, 1, 1]),
        np.array([0.9, 0.1, 0.5, 0.5]),
    )
    target = np.array([0.0, 1, 0.5, 0.5])
    assert effective_differences(one, target) == pytest.approx(1.8**2 / (0.81 / 0.9 + 0.81 / 0.1))
    assert effective_differences(one, one.propensity) == 0


def test_choices_that_are_never_logged_have_no_support() -> None:
    one = Logged(
        np.array([0, 1]),
        np.array([1.0, 2]),
        np.array([1, 3]),
        np.array([0, 0, 1, 1]),
        np.array([0.0, 1, 0.5, 0.5]),
    )
    assert without_support(one, np.array([0.6, 0.4, 0.5, 0.5])) == pytest.approx(0.3)
    assert without_support(one, one.propensity) == 0


def test_a_policy_that_never_does_what_was_logged_has_no_snips() -> None:
    never = 1 - np.bincount(table().taken, minlength=12).astype(float)
    assert np.isnan(snips(table(), never)).all()
    assert effective_size(table().weights(never)) == 0


def test_one_customer_has_no_standard_error() -> None:
    with pytest.raises(InputError, match="all of one customer"):
        clustered_mean(REWARD, np.zeros(6, dtype=np.intp))


@given(st.permutations(range(6)))
def test_order_never_matters(order: list[int]) -> None:
    mixed = table(np.array(order))
    assert snips(mixed, ALWAYS).mean() == pytest.approx(39.5 / 6.5)
    scores = doubly_robust(mixed, ALWAYS, PREDICTED)
    plain = clustered_mean(doubly_robust(table(), ALWAYS, PREDICTED), CUSTOMER)
    assert clustered_mean(scores, mixed.customer).standard_error == pytest.approx(plain.standard_error)


@given(st.floats(-1e3, 1e3))
def test_snips_moves_with_the_rewards(by: float) -> None:
    logged = table()
    moved = Logged(logged.customer, logged.reward + by, logged.taken, logged.decision, logged.propensity)
    assert snips(moved, ALWAYS).mean() == pytest.approx(39.5 / 6.5 + by)


def test_the_logging_policy_itself_is_the_plain_mean() -> None:
    logged = table()
    assert snips(logged, logged.propensity) == pytest.approx(REWARD)


shares = st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3).map(lambda raw: np.array(raw) / sum(raw))
numbers = st.lists(st.floats(-50, 50), min_size=3, max_size=3).map(np.array)


@given(propensity=shares, target=shares, reward=numbers, predicted=numbers)
def test_doubly_robust_is_right_on_average_whatever_the_model_says(
    propensity: Floats, target: Floats, reward: Floats, predicted: Floats
) -> None:
    """Over the three draws that one decision could have had, each with its propensity."""
    drawn = [
        doubly_robust(
            Logged(np.zeros(1, int), reward[[action]], np.array([action]), np.zeros(3, int), propensity),
            target,
            predicted,
        )[0]
        for action in range(3)
    ]
    assert propensity @ np.array(drawn) == pytest.approx(target @ reward, abs=1e-6)
