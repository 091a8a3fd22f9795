"""Platt scaling: a slope and an intercept that turn log-odds into calibrated probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit

from features.errors import InputError
from training.arrays import Floats

RIDGE = 1e-3
"""Pull towards leaving the log-odds as they are, far weaker than one row's evidence: it keeps both
numbers finite when the log-odds separate both outcomes, and changes nothing otherwise."""


@dataclass(frozen=True)
class Calibration:
    """Calibrated log-odds are `slope * log_odds + intercept`."""

    slope: float
    intercept: float

    def probability(self, log_odds: ArrayLike) -> Floats:
        """Calibrated probability for each of the log-odds."""
        return np.asarray(expit(self.slope * np.asarray(log_odds, dtype=float) + self.intercept))


def fit_calibration(
    log_odds: ArrayLike, label: ArrayLike, ridge: float = RIDGE, weight: ArrayLike = 1.0
) -> Calibration:
    """Fit by maximum likelihood on rows (n,) that the model has not been fitted on; a label is 1 or 0.

    Platt (1999), Probabilistic outputs for support vector machines, without its smoothed labels. `ridge` pulls
    slope and intercept towards 1 and 0 as a normal prior of variance `1 / ridge` does; `weight` says how often
    each row counts. Raises `InputError` when
    all labels are equal or a log-odds value is missing or infinite.
    """
    odds, happened = np.asarray(log_odds, dtype=float), np.asarray(label, dtype=float)
    if not (np.isfinite(odds).all() and 0 < happened.sum() < len(happened)):
        message = "Calibration needs finite scores and labels of both kinds; give it a period with both."
        raise InputError(message)
    design = np.column_stack([odds, np.ones_like(odds)])
    weights = np.broadcast_to(np.asarray(weight, dtype=float), odds.shape)
    found = minimize(
        _loss,
        _IDENTITY,
        (design, happened, weights, ridge),
        jac=_gradient,
        hess=_hessian,
        method="trust-exact",
        tol=1e-9,
    )
    return Calibration(float(found.x[0]), float(found.x[1]))


_IDENTITY = np.array([1.0, 0.0])


def _loss(line: Floats, design: Floats, happened: Floats, weight: Floats, ridge: float) -> float:
    odds = design @ line
    moved = line - _IDENTITY
    return float(weight @ (np.logaddexp(0, odds) - happened * odds) + ridge / 2 * moved @ moved)


def _gradient(line: Floats, design: Floats, happened: Floats, weight: Floats, ridge: float) -> Floats:
    return np.asarray(design.T @ (weight * (expit(design @ line) - happened)) + ridge * (line - _IDENTITY))


def _hessian(line: Floats, design: Floats, _happened: Floats, weight: Floats, ridge: float) -> Floats:
    probability = expit(design @ line)
    spread = weight * probability * (1 - probability)
    return np.asarray(design.T @ (spread[:, None] * design) + ridge * np.eye(2))
