"""The churn model: regularised trees, blended with a linear model where that helps, then calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import lightgbm
import numpy as np
import pandas as pd

from features.labels import LABEL
from training.arrays import Floats
from training.calibration import Calibration, fit_calibration
from training.churn.metrics import evaluate
from training.churn.split import newest_period
from training.config import ChurnConfig
from training.linear import Linear, fit_linear
from training.trees import Labelled, fit_trees


@dataclass(frozen=True)
class ChurnModel:
    """Probability = sigmoid(slope * (share * trees + (1 - share) * linear) + intercept), all in log-odds.

    Rows are (n, k) float64 in the order of `names`, NaN for unknown.
    """

    names: tuple[str, ...]
    booster: lightgbm.Booster
    linear: Linear
    share_of_trees: float
    calibration: Calibration

    def log_odds(self, rows: Floats) -> Floats:
        """Blended log-odds (n,) before calibration."""
        trees = np.asarray(self.booster.predict(rows, raw_score=True))
        return np.asarray(
            self.share_of_trees * trees + (1 - self.share_of_trees) * self.linear.log_odds(rows)
        )

    def probability(self, rows: Floats) -> Floats:
        """Calibrated churn probability (n,)."""
        return self.calibration.probability(self.log_odds(rows))

    def contributions(self, rows: Floats) -> Floats:
        """Exact contributions (n, k) of each feature to the calibrated log-odds (TreeSHAP for the trees)."""
        trees = np.asarray(self.booster.predict(rows, pred_contrib=True))[:, :-1]
        blended = self.share_of_trees * trees + (1 - self.share_of_trees) * self.linear.terms(rows)
        return np.asarray(self.calibration.slope * blended)


def fit_churn(
    stacked: pd.DataFrame, names: Sequence[str], horizon: timedelta | None, config: ChurnConfig
) -> ChurnModel:
    """Fit on labelled, stacked snapshots, using only what they hold.

    The newest labelled period chooses the share of trees and calibrates, with a model that has not seen any
    label of it; then everything is fitted again on all rows. Drift, not shape, is what spoils calibration, so
    the newest period is the one to ask.
    """
    older, newest = newest_period(stacked, horizon)
    trial = _fit(stacked[older], names, config)
    shares = [replace(trial, share_of_trees=share) for share in config.shares_of_trees]
    rows, label = matrix(stacked[newest], names), stacked.loc[newest, LABEL].to_numpy()
    best = min(shares, key=lambda model: evaluate(label, model.probability(rows))["log_loss"])
    calibration = fit_calibration(best.log_odds(rows), label, config.calibration_ridge)
    final = _fit(stacked, names, config)
    return replace(final, share_of_trees=best.share_of_trees, calibration=calibration)


def matrix(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """The features of a frame as float64 (n, k), in the order of the names."""
    return frame[list(names)].to_numpy(dtype=np.float64)


def _fit(stacked: pd.DataFrame, names: Sequence[str], config: ChurnConfig) -> ChurnModel:
    rows, label = matrix(stacked, names), stacked[LABEL].to_numpy()
    booster = fit_trees(Labelled(rows, label), names, config.trees)
    linear = fit_linear(rows, label, config.linear_penalty)
    return ChurnModel(tuple(names), booster, linear, 1.0, Calibration(1.0, 0.0))
