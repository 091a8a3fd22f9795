"""Logistic regression on signed logarithms of all features: the smooth part of the models."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from training.arrays import Floats

_ROUNDING = 1e-9
"""A feature that spreads less than this is constant but for rounding."""

_Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Linear:
    """Log-odds `intercept + sum(coefficient * standardised signed log)`; an unknown value adds nothing."""

    intercept: float
    coefficients: Floats
    center: Floats
    scale: Floats

    def terms(self, rows: _Rows) -> Floats:
        """What each feature adds to the log-odds: (n, k) for rows (n, k)."""
        return np.asarray(self.coefficients * _standardised(rows, self.center, self.scale))

    def log_odds(self, rows: _Rows) -> Floats:
        """Log-odds (n,) of rows (n, k)."""
        return np.asarray(
            self.intercept + _standardised(rows, self.center, self.scale) @ self.coefficients,
            dtype=np.float64,
        )

    def as_json(self) -> dict[str, float | list[float]]:
        """What the artifacts say of it."""
        return {
            "intercept": self.intercept,
            "coefficients": self.coefficients.tolist(),
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
        }


def fit_linear(
    rows: _Rows,
    label: NDArray[np.float64],
    penalty: float,
    weight: NDArray[np.float64] | None = None,
) -> Linear:
    """Fit by penalised maximum likelihood: rows (n, k) with NaN for unknown, label (n,) 1 or 0, weight (n,).

    Rows in float32 are fitted as such, in half the memory. Labels that are all alike teach nothing: the log-odds
    are 0 then.
    """
    if (label == label[:1]).all():
        nothing = np.zeros(rows.shape[1])
        return Linear(0.0, nothing, nothing, nothing + 1.0)
    logs = signed_log(rows)
    known = np.asarray(np.isfinite(logs).any(axis=0))
    filled = np.where(known, logs, 0.0)
    center = np.where(known, np.nanmean(filled, axis=0, dtype=np.float64), 0.0)
    spread = np.where(known, np.nanstd(filled, axis=0, dtype=np.float64), 0.0)
    scale = np.where(spread > _ROUNDING, spread, 1.0)
    # by Newton's method: few features, and any number of rows in a dozen steps
    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", max_iter=500)
    model.fit(_standardised(rows, center, scale), label, weight)
    coefficients = np.asarray(model.coef_[0], dtype=np.float64)
    return Linear(float(model.intercept_[0]), coefficients, center, scale)


def signed_log(rows: _Rows) -> _Rows:
    """Logarithms that keep the sign and 0, of arrays of any shape."""
    return np.asarray(np.sign(rows) * np.log1p(np.abs(rows)))


def _standardised(rows: _Rows, center: Floats, scale: Floats) -> _Rows:
    """(n, k) in the type of the rows."""
    return np.nan_to_num((signed_log(rows) - center.astype(rows.dtype)) / scale.astype(rows.dtype), nan=0.0)
