"""Platt scaling recovers what is known, and stays finite where maximum likelihood would not."""

import numpy as np
import pytest
from scipy.special import expit, logit

from features.errors import InputError
from training.arrays import Floats
from training.calibration import Calibration, fit_calibration


def customers(slope: float, intercept: float, size: int = 40_000) -> tuple[Floats, Floats]:
    """Log-odds, and churn drawn from the probability that the line makes of them."""
    rng = np.random.default_rng(11)
    log_odds = rng.normal(-2, 1.5, size)
    churned = rng.random(size) < expit(slope * log_odds + intercept)
    return log_odds, churned.astype(float)


@pytest.mark.parametrize(("slope", "intercept"), [(0.6, 0.5), (1.0, 0.0), (1.7, -0.8)])
def test_recovers_a_known_line(slope: float, intercept: float) -> None:
    found = fit_calibration(*customers(slope, intercept))
    assert found.slope == pytest.approx(slope, abs=0.05)
    assert found.intercept == pytest.approx(intercept, abs=0.08)


def test_mean_probability_equals_the_churn_rate() -> None:
    log_odds, label = customers(0.6, 0.5, 500)
    assert fit_calibration(log_odds, label).probability(log_odds).mean() == pytest.approx(
        label.mean(), abs=1e-5
    )


def test_calibrated_twice_is_calibrated_once() -> None:
    log_odds, label = customers(0.6, 0.5, 500)
    once = fit_calibration(log_odds, label).probability(log_odds)
    again = fit_calibration(logit(once), label)
    assert (again.slope, again.intercept) == pytest.approx((1, 0), abs=1e-4)


def test_probability_is_the_logistic_of_the_line() -> None:
    found = Calibration(2.0, -1.0).probability([0.5, 1.0, -1000.0])
    assert found.tolist() == pytest.approx([0.5, 1 / (1 + np.exp(-1)), 0.0])


def test_stays_finite_when_scores_separate_the_classes() -> None:
    log_odds, label = np.array([-2.0, -1.0, 1.0, 3.0]), np.array([0, 0, 1, 1])
    found = fit_calibration(log_odds, label)
    pull = log_odds @ (label - found.probability(log_odds))
    assert 1 < found.slope < 20
    assert pull == pytest.approx(0.001 * (found.slope - 1), rel=1e-3)


def test_equal_scores_become_the_churn_rate() -> None:
    found = fit_calibration([0.7] * 10, [1, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    assert found.probability(0.7) == pytest.approx(0.2, abs=1e-3)


def test_row_order_never_matters() -> None:
    log_odds, label = customers(1.2, 0.1, 500)
    order = np.random.default_rng(0).permutation(500)
    first, second = fit_calibration(log_odds, label), fit_calibration(log_odds[order], label[order])
    assert (first.slope, first.intercept) == pytest.approx((second.slope, second.intercept), abs=1e-7)


@pytest.mark.parametrize(
    ("log_odds", "label"), [([1.0, 2.0], [1, 1]), ([1.0, 2.0], [0, 0]), ([1.0, np.inf], [0, 1]), ([], [])]
)
def test_bad_input_is_named(log_odds: list[float], label: list[int]) -> None:
    with pytest.raises(InputError, match="both"):
        fit_calibration(log_odds, label)


def test_a_ridge_holds_one_noisy_period_back() -> None:
    odds = np.linspace(-3, 3, 200)
    label = np.random.default_rng(7).random(200) < 1 / (1 + np.exp(-(odds + 1.0)))
    free, held = (fit_calibration(odds, label, ridge).intercept for ridge in (1e-3, 100.0))
    assert 0 < held < free
    unmoved = fit_calibration(odds, label, 1e9)
    assert (unmoved.slope, unmoved.intercept) == pytest.approx((1.0, 0.0), abs=1e-6)
