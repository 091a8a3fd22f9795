"""What promotions take from a lift."""

import numpy as np
import pandas as pd
import pytest

from training.bundles.explanation import taken

LIFTS = {
    "count": [100, 9, 25, 9],
    "season_lift": [2.0, np.nan, 4.0, 1.0],
    "adjusted_lift": [1.0, 1.0, 1.0, 0.0],
}


def test_the_fall_of_the_logarithm_is_in_standard_errors() -> None:
    fall = taken(pd.DataFrame(LIFTS, index=[7, 5, 3, 1]))
    assert fall.index.tolist() == [7, 3, 5, 1]
    assert fall.tolist()[:2] == pytest.approx([10 * np.log(2), 5 * np.log(4)])
    assert fall.isna().tolist() == [False, False, True, True]


def test_a_lift_that_remains_is_not_taken() -> None:
    rules = pd.DataFrame({"count": [30, 30], "season_lift": [2.0, 2.0], "adjusted_lift": [2.0, 2.5]})
    assert (taken(rules) <= 0).all()


def test_nothing_takes_nothing() -> None:
    assert taken(pd.DataFrame({"count": [], "season_lift": [], "adjusted_lift": []}, dtype=float)).empty
