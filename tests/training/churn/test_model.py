"""The model's parts add up to its score, and fitting uses what it was given and nothing else."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.labels import LABEL
from features.stack import AS_OF
from training.churn.metrics import evaluate
from training.churn.model import ChurnModel, fit_churn, matrix
from training.config import ChurnConfig, Config

NAMES = ("days_since_purchase", "spend", "colour")
HORIZON = timedelta(days=28)


def stacked(rate: float = 0.0) -> pd.DataFrame:
    """Eight moments of sixty customers: the longer silent, the likelier gone; at the newest, `rate` more."""
    random = np.random.default_rng(4)
    silent = random.exponential(20, 480)
    moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        np.repeat(np.arange(8) * 14, 60), unit="D"
    )
    odds = 0.1 * (silent - 25) + rate * (np.arange(480) >= 420)
    spend = np.where(random.random(480) < 0.3, np.nan, random.gamma(3, 20, 480) - 10)
    return pd.DataFrame(
        {
            "customer_id": [f"c{row % 60}" for row in range(480)],
            AS_OF: moments,
            LABEL: (random.random(480) < expit(odds)).astype(float),
            **dict(zip(NAMES, (silent, spend, random.integers(0, 3, 480)), strict=True)),
        }
    ).sample(frac=1, random_state=2)


@pytest.fixture(scope="module")
def values(quick: Config) -> ChurnConfig:
    return quick.churn.model_copy(update={"shares_of_trees": (0.5,)})


@pytest.fixture(scope="module")
def model(values: ChurnConfig) -> ChurnModel:
    return fit_churn(stacked(), NAMES, HORIZON, values)


def test_the_probability_is_the_formula_of_the_artifact(model: ChurnModel) -> None:
    rows = matrix(stacked(), NAMES)
    trees = np.asarray(model.booster.predict(rows, raw_score=True))
    blended = 0.5 * trees + 0.5 * model.linear.log_odds(rows)
    expected = expit(model.calibration.slope * blended + model.calibration.intercept)
    assert model.share_of_trees == 0.5
    assert model.probability(rows) == pytest.approx(expected, abs=1e-12)


def test_contributions_and_the_base_add_up_to_the_log_odds(model: ChurnModel) -> None:
    rows = matrix(stacked(), NAMES)
    trees = np.asarray(model.booster.predict(rows, pred_contrib=True))[:, -1]
    slope, intercept = model.calibration.slope, model.calibration.intercept
    base = slope * (0.5 * trees + 0.5 * model.linear.intercept) + intercept
    added = base + model.contributions(rows).sum(axis=1)
    assert added == pytest.approx(logit(model.probability(rows)), abs=1e-9)


def test_trees_alone_have_no_linear_contribution(model: ChurnModel) -> None:
    rows = matrix(stacked(), NAMES)
    alone = replace(model, share_of_trees=1.0)
    trees = np.asarray(model.booster.predict(rows, pred_contrib=True))[:, :-1]
    assert alone.contributions(rows) == pytest.approx(model.calibration.slope * trees)


def test_it_learns_who_leaves(model: ChurnModel) -> None:
    unseen = stacked().assign(**{LABEL: lambda frame: (frame[NAMES[0]] > 25).astype(float)})
    assert evaluate(unseen[LABEL], model.probability(matrix(unseen, NAMES)))["auc"] > 0.9


def test_the_same_rows_give_the_same_model_and_stay_as_they_are(
    model: ChurnModel, values: ChurnConfig
) -> None:
    frame = stacked()
    again = fit_churn(frame, NAMES, HORIZON, values)
    rows = matrix(frame, NAMES)
    assert again.probability(rows).tolist() == model.probability(rows).tolist()
    pd.testing.assert_frame_equal(frame, stacked())


def test_other_columns_do_not_matter(model: ChurnModel, values: ChurnConfig) -> None:
    frame = stacked().assign(secret=lambda rows: rows[LABEL])
    again = fit_churn(frame, NAMES, HORIZON, values)
    assert again.names == NAMES
    assert (again.calibration, again.share_of_trees) == (model.calibration, model.share_of_trees)


def test_the_newest_period_calibrates(model: ChurnModel, values: ChurnConfig) -> None:
    """At the newest moment churn was suddenly common: that rate is believed, not the older one."""
    rows = matrix(stacked(), NAMES)
    drifted = fit_churn(stacked(rate=3.0), NAMES, HORIZON, values)
    assert drifted.probability(rows).mean() > model.probability(rows).mean() + 0.15


def test_one_of_the_offered_shares_is_chosen(quick: Config) -> None:
    offered = quick.churn.model_copy(update={"shares_of_trees": (0.9, 0.3)})
    assert fit_churn(stacked(), NAMES, HORIZON, offered).share_of_trees in {0.9, 0.3}


def test_a_label_without_time_is_fitted_too(quick: Config) -> None:
    frame = stacked().assign(**{AS_OF: pd.Timestamp("2024-05-01", tz="UTC")})
    model = fit_churn(frame, NAMES, None, quick.churn)
    assert evaluate(frame[LABEL], model.probability(matrix(frame, NAMES)))["auc"] > 0.7
