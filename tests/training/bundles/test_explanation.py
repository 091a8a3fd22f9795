"""What promotions take from a lift."""

import numpy as np
import pandas as pd

from training.bundles.explanation import taken


def test_the_largest_fall_comes_first_and_the_unknown_last() -> None:
    rules = pd.DataFrame(
        {"season_lift": [2.0, np.nan, 3.0, 1.0], "adjusted_lift": [2.0, 1.0, 1.5, 0.0]}, index=[7, 5, 3, 1]
    )
    fall = taken(rules)
    assert fall.index.tolist() == [3, 7, 5, 1]
    assert fall.tolist()[:2] == [2.0, 1.0]
    assert fall.isna().tolist() == [False, False, True, True]


def test_nothing_takes_nothing() -> None:
    assert taken(pd.DataFrame({"season_lift": [], "adjusted_lift": []}, dtype=float)).empty
