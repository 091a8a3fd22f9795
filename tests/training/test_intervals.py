"""How measured metrics are told, to a program and to the experiment tracker."""

import math

from training.intervals import Interval, logged, told

SURE, NONE = Interval(0.75, 0.5, 1.0, 0.125), Interval(math.nan, math.nan, math.nan, math.nan)
MEASURED = {"model": {"auc": SURE, "lift": NONE}, "recency": {"auc": Interval(0.5, 0.25, math.inf, 0.25)}}


def test_what_is_no_number_is_none_in_json() -> None:
    assert told(MEASURED) == {
        "model": {
            "auc": {"estimate": 0.75, "low": 0.5, "high": 1.0, "standard_error": 0.125},
            "lift": {"estimate": None, "low": None, "high": None, "standard_error": None},
        },
        "recency": {"auc": {"estimate": 0.5, "low": 0.25, "high": None, "standard_error": 0.25}},
    }


def test_the_tracker_gets_the_model_s_metrics_bare_and_numbers_only() -> None:
    expected = {"auc": 0.75, "auc_se": 0.125, "recency.auc": 0.5, "recency.auc_se": 0.25}
    assert logged(MEASURED, "model") == expected
