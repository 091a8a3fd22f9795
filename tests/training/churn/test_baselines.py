"""Baselines on a small frame with known order, and what they promise of probabilities, gaps and inputs."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from training.calibration import fit_calibration
from training.churn.baselines import Baseline, baselines
from training.churn.mbg_nbd import Histories, fit_mbg_nbd
from training.churn.metrics import evaluate

COLUMNS = (
    "days_since_purchase",
    "baskets_56d",
    "recency_over_gap",
    "visit_days_all",
    "days_since_first_purchase",
    "spend_all",
)

# The eager customers on top, the fading ones below, in the order in which all baselines should see them.
TABLE = pd.DataFrame(
    [
        (1, 20, 0.3, 60, 200, 3000.0, 0),
        (2, 16, 0.5, 50, 210, 2500.0, 0),
        (3, 12, 0.7, 40, 200, 2000.0, 0),
        (5, 10, 0.9, 35, 205, 1800.0, 0),
        (7, 8, 1.0, 30, 200, 1500.0, 0),
        (12, 6, 1.5, 25, 190, 1000.0, 1),
        (17, 5, 1.8, 20, 200, 600.0, 0),
        (25, 4, 2.2, 16, 195, 400.0, 1),
        (38, 2, 3.1, 12, 200, 200.0, 1),
        (54, 1, 4.0, 8, 190, 100.0, 1),
    ],
    columns=[*COLUMNS, "churned"],
    index=[f"c{number}" for number in range(10)],
)
ALL = baselines(COLUMNS, "baskets_56d", 28)
each = pytest.mark.parametrize("baseline", ALL.values(), ids=ALL.keys())


@pytest.fixture
def frame() -> pd.DataFrame:
    """Shuffle the rows of the table."""
    return TABLE.sample(frac=1, random_state=4)


@each
def test_ranks_the_table_as_expected(baseline: Baseline, frame: pd.DataFrame) -> None:
    score = baseline.fit(frame, frame["churned"])(TABLE)
    assert (np.diff(score) > 0).all()


@each
def test_calibrated_scores_are_probabilities(baseline: Baseline, frame: pd.DataFrame) -> None:
    score = baseline.fit(frame, frame["churned"])(frame)
    assert score.shape == (10,)
    assert baseline.calibrated == (0 < score.min() < score.max() < 1)
    if baseline.calibrated:
        assert score.mean() == pytest.approx(0.4, abs=1e-3)
        assert evaluate(frame["churned"], score)["auc"] == pytest.approx(23 / 24)


@each
def test_gaps_count_as_the_median(baseline: Baseline, frame: pd.DataFrame) -> None:
    score = baseline.fit(frame, frame["churned"])
    unknown = pd.DataFrame(np.nan, index=["x"], columns=list(COLUMNS))
    typical = frame[list(COLUMNS)].median().to_frame("x").T
    assert score(unknown) == pytest.approx(score(typical))


@each
def test_frames_stay_as_they_are_and_fits_repeat(baseline: Baseline, frame: pd.DataFrame) -> None:
    before = frame.copy()
    first = baseline.fit(frame, frame["churned"])(frame)
    np.testing.assert_array_equal(first, baseline.fit(frame, frame["churned"])(frame))
    pd.testing.assert_frame_equal(frame, before)


@each
def test_needs_its_own_columns_only(baseline: Baseline, frame: pd.DataFrame) -> None:
    narrow = frame[list(baseline.columns)]
    score = baseline.fit(narrow, frame["churned"])(narrow)
    np.testing.assert_array_equal(score, baseline.fit(frame, frame["churned"])(frame))


def test_a_column_without_values_does_no_harm(frame: pd.DataFrame) -> None:
    empty = frame.assign(recency_over_gap=np.nan)
    score = ALL["recency_over_gap"].fit(empty, empty["churned"])(empty)
    np.testing.assert_array_equal(score, np.zeros(10))


def test_purchase_rhythm_reads_visits_as_a_history(frame: pd.DataFrame) -> None:
    visits, age, since = (
        frame[["visit_days_all", "days_since_first_purchase", "days_since_purchase"]].to_numpy(float).T
    )
    histories = Histories(visits - 1, age - since, age)
    log_odds = logit(fit_mbg_nbd(histories).silence(histories, 28))
    expected = fit_calibration(log_odds, frame["churned"]).probability(log_odds)
    assert ALL["mbg_nbd"].fit(frame, frame["churned"])(frame) == pytest.approx(expected)


def test_one_day_of_purchases_is_one_purchase(frame: pd.DataFrame) -> None:
    once, twice_that_day = (20.4, 1, np.nan, 1, 20.4, 10.0), (20.1, 1, np.nan, 1, 20.4, 10.0)
    newcomers = pd.DataFrame([once, twice_that_day], columns=list(COLUMNS))
    probability = ALL["mbg_nbd"].fit(frame, frame["churned"])(newcomers)
    assert 0 < probability[0] == probability[1] < 1


def test_returning_more_than_was_bought_is_worse_than_buying(frame: pd.DataFrame) -> None:
    buyer = frame[list(COLUMNS)].iloc[[0]]
    score = ALL["logistic_rfm"].fit(frame, frame["churned"])
    assert score(buyer.assign(spend_all=-100.0)) > score(buyer.assign(spend_all=100.0))


@pytest.mark.parametrize(
    ("available", "horizon", "expected"),
    [
        (COLUMNS, 28, {"recency", "frequency", "recency_over_gap", "logistic_rfm", "mbg_nbd"}),
        (COLUMNS, None, {"recency", "frequency", "recency_over_gap", "logistic_rfm"}),
        (("days_since_purchase", "baskets_56d"), 28, {"recency", "frequency"}),
        (("monthly_charge",), None, set()),
    ],
)
def test_only_what_the_columns_allow(
    available: tuple[str, ...], horizon: int | None, expected: set[str]
) -> None:
    assert set(baselines(available, "baskets_56d", horizon)) == expected
