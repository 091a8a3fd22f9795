"""What anybody could do without a model: the scores that a churn model has to beat.

Each baseline names the feature columns it needs, learns from a snapshot frame and its labels, and scores
another frame, higher for likelier churners. A missing value counts as the median of the column in the frame
it learnt from.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.arrays import Floats
from training.calibration import fit_calibration
from training.churn.mbg_nbd import Histories, fit_mbg_nbd
from training.linear import signed_log

RECENCY = "days_since_purchase"
RECENCY_OVER_GAP = "recency_over_gap"
VISITS = "visit_days_all"
TENURE = "days_since_first_purchase"
SPEND = "spend_all"

Scorer = Callable[[pd.DataFrame], Floats]
"""Churn scores (n,) of the n rows of a snapshot frame."""


class Baseline(Protocol):
    """Something simple that a model is compared with."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Feature columns it needs."""

    @property
    def calibrated(self) -> bool:
        """Whether its scores are probabilities; otherwise they only rank."""

    def fit(self, frame: pd.DataFrame, label: ArrayLike) -> Scorer:
        """Learn from the n rows of `frame` and their labels (n,), 1 for churners; leaves both as they are."""


def baselines(available: Collection[str], frequency: str, horizon_days: float | None) -> dict[str, Baseline]:
    """All baselines by name that the `available` columns allow.

    `frequency` is the column that counts baskets in the active window; MBG/NBD needs a horizon, so a label
    without one leaves it out.
    """
    candidates: dict[str, Baseline] = {
        "recency": SingleFeature(RECENCY),
        "frequency": SingleFeature(frequency, rising=False),
        "recency_over_gap": SingleFeature(RECENCY_OVER_GAP),
        "logistic_rfm": LogisticRfm((RECENCY, frequency, SPEND)),
    }
    if horizon_days is not None:
        candidates["mbg_nbd"] = PurchaseRhythm(horizon_days)
    present = set(available)
    return {name: baseline for name, baseline in candidates.items() if present.issuperset(baseline.columns)}


@dataclass(frozen=True)
class SingleFeature:
    """Rank customers by one feature; `rising` when more of it means likelier to churn."""

    column: str
    rising: bool = True
    calibrated: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.column,)

    def fit(self, frame: pd.DataFrame, _label: ArrayLike) -> Scorer:
        """Learn the column's median only."""
        read = _reader(frame, self.columns)
        sign = 1.0 if self.rising else -1.0
        return lambda rows: sign * read(rows)[:, 0]


@dataclass(frozen=True)
class LogisticRfm:
    """Logistic regression on the signed logarithms of recency, frequency and monetary value."""

    columns: tuple[str, ...]
    calibrated: bool = True

    def fit(self, frame: pd.DataFrame, label: ArrayLike) -> Scorer:
        """Fit by penalised maximum likelihood on standardised columns."""
        read = _reader(frame, self.columns)
        model = make_pipeline(StandardScaler(), LogisticRegression())
        model.fit(signed_log(read(frame)), label)
        return lambda rows: np.asarray(model.predict_proba(signed_log(read(rows)))[:, 1])


@dataclass(frozen=True)
class PurchaseRhythm:
    """MBG/NBD: the probability that a customer buys nothing within the horizon, given their rhythm so far.

    Its purchases are days with a purchase. Snapshots hold active customers only, which the model does not
    know, so its probability is calibrated by Platt scaling on the same rows; that leaves the order as it is.
    """

    horizon_days: float
    columns: tuple[str, ...] = (VISITS, TENURE, RECENCY)
    calibrated: bool = True

    def fit(self, frame: pd.DataFrame, label: ArrayLike) -> Scorer:
        """Fit the rhythm by maximum likelihood, then the calibration.

        Raises `InputError` when nobody bought twice or all labels are equal.
        """
        read = _reader(frame, self.columns)
        model = fit_mbg_nbd(_histories(read(frame)))

        def log_odds(rows: pd.DataFrame) -> Floats:
            silence = model.silence(_histories(read(rows)), self.horizon_days)
            return np.asarray(logit(np.clip(silence, 1e-12, 1 - 1e-12)))

        calibration = fit_calibration(log_odds(frame), label)
        return lambda rows: calibration.probability(log_odds(rows))


def _reader(frame: pd.DataFrame, columns: tuple[str, ...]) -> Scorer:
    """Make a reader of `columns` as float64 (n, columns) that fills gaps with the medians of `frame`."""
    names = list(columns)
    median = frame[names].median().fillna(0.0)
    return lambda rows: rows[names].fillna(median).to_numpy(dtype=np.float64)


def _histories(columns: Floats) -> Histories:
    visits, age, since_last = columns.T
    repeats = np.maximum(visits - 1, 0)
    last = np.where(repeats > 0, np.maximum(age - since_last, 0), 0)
    return Histories(repeats, last, age)
