"""The linear half: signed logs, standardised, unknown values silent."""

import numpy as np
import pytest

from training.arrays import Floats
from training.linear import Linear, fit_linear

ALWAYS = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]
RISES = [0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0]
GAPS = [np.nan, -4.0, np.nan, 0.0, 4.0, np.nan, 9.0, -9.0, 0.0, np.nan]
NEVER = [np.nan] * 10
LABEL = np.array([0.0, 0, 0, 1, 0, 0, 1, 1, 1, 1])
ORDER = np.random.default_rng(0).permutation(10)


@pytest.fixture
def rows() -> Floats:
    return np.array([ALWAYS, RISES, GAPS, NEVER]).T[ORDER]


@pytest.fixture
def fitted(rows: Floats) -> Linear:
    return fit_linear(rows, LABEL[ORDER], penalty=1.0)


def test_a_score_is_the_formula_of_the_artifact(fitted: Linear) -> None:
    row = np.array([9.0, 20.0, -5.0, np.nan])
    logs = [np.log1p(9.0), np.log1p(20.0), -np.log1p(5.0)]
    known = zip(fitted.coefficients, logs, fitted.center, fitted.scale, strict=False)
    expected = fitted.intercept + sum(c * (u - center) / scale for c, u, center, scale in known)
    assert fitted.log_odds(row[None])[0] == pytest.approx(expected, abs=1e-12)


def test_terms_and_intercept_add_up(fitted: Linear, rows: Floats) -> None:
    assert fitted.intercept + fitted.terms(rows).sum(axis=1) == pytest.approx(fitted.log_odds(rows))


def test_more_of_what_rises_with_churn_raises_the_score(fitted: Linear) -> None:
    low, high = np.array([[9.0, 1.0, 0.0, 0.0], [9.0, 50.0, 0.0, 0.0]])
    assert fitted.coefficients[1] > 0
    assert fitted.log_odds(high[None])[0] > fitted.log_odds(low[None])[0]


def test_an_unknown_value_adds_nothing(fitted: Linear) -> None:
    assert fitted.terms(np.full((1, 4), np.nan)).tolist() == [[0, 0, 0, 0]]


def test_a_feature_that_tells_nothing_gets_no_weight_and_a_scale(fitted: Linear) -> None:
    assert fitted.coefficients[[0, 3]] == pytest.approx([0, 0], abs=1e-9)
    assert fitted.scale[[0, 3]].tolist() == [1, 1]
    assert np.isfinite([fitted.center, fitted.scale, fitted.coefficients]).all()


def test_a_stronger_penalty_leaves_less(rows: Floats, fitted: Linear) -> None:
    stronger = fit_linear(rows, LABEL[ORDER], penalty=100.0)
    assert 0 < stronger.coefficients[1] < fitted.coefficients[1] / 3


def test_rows_in_any_order_give_the_same_fit_and_stay_as_they_are(rows: Floats, fitted: Linear) -> None:
    before = rows.copy()
    turned = fit_linear(rows[::-1], LABEL[ORDER][::-1], penalty=1.0)
    assert turned.coefficients == pytest.approx(fitted.coefficients, abs=1e-5)
    assert np.array_equal(rows, before, equal_nan=True)
