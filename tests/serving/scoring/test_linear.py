"""The linear part in the service: its formula by hand, and what is refused."""

from math import log1p

import numpy as np
import pytest
from pydantic import ValidationError

from serving.scoring.linear import Linear, LinearPart

PART = LinearPart(intercept=-1.0, coefficients=[2.0, -3.0], center=[0.5, 1.0], scale=[2.0, 0.5])
ROWS = np.array([[3.0, np.nan], [-3.0, 0.0], [np.nan, np.nan]])
EXPECTED = [
    -1.0 + 2.0 * (log1p(3.0) - 0.5) / 2.0,
    -1.0 + 2.0 * (-log1p(3.0) - 0.5) / 2.0 - 3.0 * (0.0 - 1.0) / 0.5,
    -1.0,
]


def test_log_odds_are_the_formula() -> None:
    assert Linear(PART).log_odds(ROWS) == pytest.approx(EXPECTED, abs=1e-12)


def test_terms_and_intercept_add_up_and_rows_stay_as_they_are() -> None:
    linear, before = Linear(PART), ROWS.tobytes()
    assert linear.intercept + linear.terms(ROWS).sum(axis=1) == pytest.approx(EXPECTED, abs=1e-12)
    assert ROWS.tobytes() == before


@pytest.mark.parametrize("broken", [{"scale": [2.0, 0.0]}, {"center": [0.5]}, {"coefficients": [1.0] * 3}])
def test_a_part_that_does_not_fit_is_refused(broken: dict[str, list[float]]) -> None:
    PART.require_width(2)
    with pytest.raises(ValueError, match="one coefficient, one center and one scale"):
        PART.model_copy(update=broken).require_width(2)


def test_unknown_and_infinite_numbers_are_refused() -> None:
    with pytest.raises(ValidationError, match="finite"):
        LinearPart(intercept=float("inf"), coefficients=[1.0], center=[0.0], scale=[1.0])
