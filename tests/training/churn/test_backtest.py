"""A backtest keeps the future from everybody alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from features.columns import Column
from features.labels import LABEL
from features.stack import AS_OF
from training.arrays import Floats
from training.churn.backtest import LINEAR, MODEL, TREES, Backtest, run_backtest
from training.churn.model import ChurnModel, fit_churn
from training.churn.split import Split, backtest_splits
from training.config import Config

NAMES = ("silent",)
HORIZON = timedelta(days=14)


def weekly() -> pd.DataFrame:
    """Ten weekly moments of forty customers, half of whom churn at each; shuffled."""
    random = np.random.default_rng(6)
    label = np.tile([0.0, 1.0], 200)
    moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        np.repeat(np.arange(10) * 7, 40), unit="D"
    )
    return pd.DataFrame(
        {
            Column.CUSTOMER: [f"c{row % 40}" for row in range(400)],
            AS_OF: moments,
            LABEL: label,
            "silent": label + random.normal(size=400),
        }
    ).sample(frac=1, random_state=1)


@dataclass
class Watcher:
    """A baseline that scores by silence, and remembers what it learnt from and what it was asked."""

    calibrated: bool
    columns: tuple[str, ...] = NAMES
    seen: list[pd.DataFrame] = field(default_factory=list)
    asked: list[pd.DataFrame] = field(default_factory=list)

    def fit(self, frame: pd.DataFrame, label: ArrayLike) -> Callable[[pd.DataFrame], Floats]:
        assert np.asarray(label).tolist() == frame[LABEL].tolist()
        self.seen.append(frame)
        return self.score

    def score(self, rows: pd.DataFrame) -> Floats:
        self.asked.append(rows)
        silent = rows["silent"].to_numpy(dtype=np.float64)
        return np.asarray(1 / (1 + np.exp(-silent))) if self.calibrated else silent


@pytest.fixture
def fitted(quick: Config) -> tuple[list[pd.DataFrame], Callable[[pd.DataFrame], ChurnModel]]:
    """What the model was fitted on, and how."""
    seen: list[pd.DataFrame] = []

    def fit(frame: pd.DataFrame) -> ChurnModel:
        seen.append(frame)
        return fit_churn(frame, NAMES, HORIZON, quick.churn)

    return seen, fit


Fitted = tuple[list[pd.DataFrame], Callable[[pd.DataFrame], ChurnModel]]


def run(fitted: Fitted, **rivals: Watcher) -> Backtest:
    frame = weekly()
    return run_backtest(frame, backtest_splits(frame, HORIZON, 3), fitted[1], rivals)


def test_everybody_learns_only_what_was_labelled_by_the_origin(fitted: Fitted) -> None:
    rival = Watcher(calibrated=False)
    found = run(fitted, rival=rival)
    assert found.starts == tuple(
        datetime(2024, month, day, tzinfo=UTC) for month, day in [(2, 5), (2, 19), (3, 4)]
    )
    for origin, model_saw, rival_saw, asked in zip(
        found.starts, fitted[0], rival.seen, rival.asked, strict=True
    ):
        assert model_saw[AS_OF].max() == origin - HORIZON
        pd.testing.assert_frame_equal(rival_saw, model_saw)
        assert asked[AS_OF].unique().tolist() == [origin]


def test_predictions_stand_beside_what_happened(fitted: Fitted) -> None:
    rival = Watcher(calibrated=False)
    found = run(fitted, rival=rival)
    newest, asked = found.origins[-1], rival.asked[-1]
    assert newest.customer.tolist() == asked[Column.CUSTOMER].tolist()
    assert newest.label.tolist() == asked[LABEL].tolist()
    assert found.newest_rows.tolist() == asked[["silent"]].to_numpy().tolist()
    expected = found.newest.probability(found.newest_rows)
    assert newest.probabilities[MODEL].tolist() == expected.tolist()
    assert newest.ranks["rival"].tolist() == asked["silent"].tolist()
    assert found.replicates.at(2, MODEL, "auc").estimate > 0.6


def test_only_probabilities_are_judged_as_probabilities(fitted: Fitted) -> None:
    found = run(fitted, ranks=Watcher(calibrated=False), says=Watcher(calibrated=True))
    assert found.rivals == ["says", "ranks"]
    for origin in found.origins:
        assert list(origin.probabilities) == [MODEL, "says"]
        assert list(origin.ranks) == [TREES, LINEAR, "ranks"]
    assert ("says", "calibration_error") in found.replicates.measured
    assert ("ranks", "calibration_error") not in found.replicates.measured


def test_a_model_without_rivals_is_judged(fitted: Fitted) -> None:
    found = run(fitted)
    assert found.rivals == []
    assert 0.5 < found.replicates.mean(MODEL, "auc").estimate < 1


def test_folds_have_no_starts(fitted: Fitted) -> None:
    frame = weekly()
    found = run_backtest(frame, backtest_splits(frame, None, 2), fitted[1], {})
    assert found.starts == ()
    assert sorted(np.concatenate([origin.customer for origin in found.origins])) == sorted(
        frame[Column.CUSTOMER]
    )


def test_progress_sees_every_split(fitted: Fitted) -> None:
    frame, watched = weekly(), list[Split]()

    def watch(splits: object) -> list[Split]:
        assert isinstance(splits, list)
        watched.extend(splits)
        return splits

    run_backtest(frame, backtest_splits(frame, HORIZON, 2), fitted[1], {}, watch)
    assert len(watched) == 2
