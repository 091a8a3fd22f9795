"""Logistic regression on signed logarithms of all features: the smooth half of the churn model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from training.arrays import Floats

_ROUNDING = 1e-9
"""A feature that spreads less than this is constant but for rounding."""


@dataclass(frozen=True)
class Linear:
    """Log-odds `intercept + sum(coefficient * standardised signed log)`; an unknown value adds nothing."""

    intercept: float
    coefficients: Floats
    center: Floats
    scale: Floats

    def terms(self, rows: Floats) -> Floats:
        """What each feature adds to the log-odds: (n, k) for rows (n, k)."""
        return np.asarray(self.coefficients * _standardised(rows, self.center, self.scale))

    def log_odds(self, rows: Floats) -> Floats:
        """Log-odds (n,) of rows (n, k)."""
        return np.asarray(self.intercept + self.terms(rows).sum(axis=1))


def fit_linear(rows: Floats, label: NDArray[np.float64], penalty: float) -> Linear:
    """Fit by penalised maximum likelihood: rows (n, k) with NaN for unknown, label (n,), 1 for churners."""
    logs = _signed_log(rows)
    known = np.isfinite(logs).any(axis=0)
    center = np.where(known, np.nanmean(np.where(known, logs, 0.0), axis=0), 0.0)
    spread = np.where(known, np.nanstd(np.where(known, logs, 0.0), axis=0), 0.0)
    scale = np.where(spread > _ROUNDING, spread, 1.0)
    model = LogisticRegression(C=1 / penalty, max_iter=500)
    model.fit(_standardised(rows, center, scale), label)
    return Linear(float(model.intercept_[0]), np.asarray(model.coef_[0]), center, scale)


def _signed_log(rows: Floats) -> Floats:
    return np.asarray(np.sign(rows) * np.log1p(np.abs(rows)))


def _standardised(rows: Floats, center: Floats, scale: Floats) -> Floats:
    return np.nan_to_num((_signed_log(rows) - center) / scale, nan=0.0)
