"""What a policy would have earned per decision, from decisions that another policy took.

Every estimator gives one score a decision: their mean is the estimate, and their spread over customers says how
sure it is, because decisions of one customer are not independent (the control group is for life).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from features.errors import InputError
from training.arrays import Floats
from training.intervals import Interval

CONFIDENCE = 0.95
_NO_SKEWNESS = 1e-9
"""So little skewness changes nothing but rounding."""


@dataclass(frozen=True)
class Logged:
    """n decisions that were taken, and the m pairs of a decision with each action that it could have had.

    A target policy is an array (m,): the probability that it takes the action of that pair.
    """

    customer: NDArray[np.intp]
    """(n,) which customer, by number."""
    reward: Floats
    """(n,) what the decision brought, in money."""
    taken: NDArray[np.intp]
    """(n,) the pair that was taken."""
    decision: NDArray[np.intp]
    """(m,) the decision of each pair, from 0 to n - 1."""
    propensity: Floats
    """(m,) the probability with which the logging policy takes the action: 0 for one that it never takes."""

    def weights(self, target: Floats) -> Floats:
        """(n,) how much more often the target policy takes the logged action than the logging policy does."""
        return np.asarray(target[self.taken] / self.propensity[self.taken])

    def per_decision(self, values: Floats) -> Floats:
        """(n,) the sums of values (m,) over the actions of each decision."""
        return np.bincount(self.decision, values, len(self.reward)).astype(float)


def snips(logged: Logged, target: Floats) -> Floats:
    """Scores (n,) of the self-normalised inverse propensity estimate (Swaminathan & Joachims, 2015).

    The mean of reward x weight over that of the weights, as its first-order expansion in each decision. NaN
    where the target policy never takes what was logged.
    """
    weights = logged.weights(target)
    if not weights.any():
        return np.full(len(weights), np.nan)
    value = weights @ logged.reward / weights.sum()
    return np.asarray(value + weights * (logged.reward - value) / weights.mean())


def doubly_robust(logged: Logged, target: Floats, predicted: Floats) -> Floats:
    """Scores (n,) of the doubly robust estimate (Dudik, Langford & Li, 2011).

    What a reward model expects of the target policy, corrected by weight x (reward - prediction) of what was
    logged: right on average whatever the model says, as long as the propensities are those of the draws and
    `predicted` (m,) of a decision comes from a model that never saw its customer (Chernozhukov et al., 2018).
    """
    surprise = logged.reward - predicted[logged.taken]
    return np.asarray(logged.per_decision(target * predicted) + logged.weights(target) * surprise)


def clustered_mean(scores: Floats, customer: NDArray[np.intp]) -> Interval:
    """The mean of scores (n,) with its standard error over customers and a 95 % interval that minds skewness.

    The variance is that of the sums per customer, times G / (G - 1) for G customers. Money is skewed (few bring
    much), so the interval reaches farther to that side: Student's t through Hall's transformation (1992), which
    without skewness is Student's t itself. Raises `InputError` for fewer than two customers.
    """
    value = float(scores.mean())
    groups = np.unique(customer)
    if len(groups) <= 1:
        message = "The decisions are all of one customer, and a standard error needs two; log more of them."
        raise InputError(message)
    sums = np.bincount(np.searchsorted(groups, customer), scores - value).astype(float)
    error = float(np.sqrt(len(groups) / (len(groups) - 1) * (sums @ sums)) / len(scores))
    reach = float(t.ppf((1 + CONFIDENCE) / 2, len(groups) - 1))
    low, high = (value - error * _skewed(side * reach, sums) for side in (1, -1))
    return Interval(value, low, high, error)


def _skewed(quantile: float, sums: Floats) -> float:
    """The quantile of a studentised mean of n values around 0, from the one without skewness (Hall, 1992).

    With a = skewness / sqrt(n) it is the x of x + a x^2 / 3 + a^2 x^3 / 27 + a / 6 = quantile.
    """
    spread = np.sqrt((sums**2).mean())
    skewness = (sums**3).mean() / spread**3 if spread > 0 else 0.0
    a = skewness / np.sqrt(len(sums))
    return float(3 / a * (np.cbrt(1 + a * (quantile - a / 6)) - 1)) if abs(a) > _NO_SKEWNESS else quantile


def effective_size(weights: Floats) -> float:
    """How many equal ones so many unequal weights w are worth: (sum w)^2 / sum w^2 (Kish, 1965), 0 of none."""
    return float(weights.sum() ** 2 / (weights @ weights)) if weights.any() else 0.0


def effective_differences(logged: Logged, target: Floats) -> float:
    """How many decisions tell the target policy t from the logging policy p: (sum |t - p|)^2 / sum (t - p)^2 / p.

    Kish's size of the weights of a difference, as it is on average over the draws: what is almost never drawn
    counts as little when it was drawn by luck. Over all actions that the log may show; 0 where none differs.
    """
    shown = logged.propensity > 0
    apart, propensity = np.abs(target - logged.propensity)[shown], logged.propensity[shown]
    return float(apart.sum() ** 2 / (apart**2 / propensity).sum()) if apart.any() else 0.0


def without_support(logged: Logged, target: Floats) -> float:
    """The share of the target policy's choices that the logging policy never makes, 0 to 1."""
    return float(target[logged.propensity == 0].sum() / len(logged.reward))
