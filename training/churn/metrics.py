"""How well scores foretell churn.

Every metric here depends on the rows only through the number of churners and of stayers at each distinct
score, so that is what is computed first (`tally`). Row order therefore never matters, and customers with
equal scores are treated alike: where a cut falls inside a group of equals, each of them is counted in part,
which is the expectation over a random order among them. A tally holds several weightings of the same rows at
once; a bootstrap is no more than that.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import betaincc

from features.errors import InputError
from training.arrays import Floats


@dataclass(frozen=True)
class Tally:
    """Churners and stayers at each of g distinct scores, highest first, under r weightings of the rows."""

    score: Floats
    """(g,) the distinct scores, falling."""
    churned: Floats
    """(r, g) weight of the churners at that score."""
    stayed: Floats
    """(r, g) weight of the stayers at that score."""


Metric = Callable[[Tally], Floats]
"""From a tally to one value per weighting, (r,)."""


def tally(label: ArrayLike, score: ArrayLike, weight: Floats | None = None) -> Tally:
    """Count churners and stayers by score.

    `label` (n,) holds 1 for churners and 0 for stayers, `score` (n,) is higher for likelier churners,
    `weight` (r, n) says how often each row counts in each of r weightings, once each when omitted. Raises
    `InputError` for labels other than 0 and 1, labels of one class, scores that are not finite, and lengths
    that differ.
    """
    churned, scores = _checked(np.asarray(label, dtype=float), np.asarray(score, dtype=float))
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
    sorted_weight = np.ones((1, len(scores))) if weight is None else weight[:, order]
    everyone = np.add.reduceat(sorted_weight, starts, axis=1)
    churners = np.add.reduceat(sorted_weight * churned[order], starts, axis=1)
    return Tally(scores[order][starts], churners, everyone - churners)


def evaluate(label: ArrayLike, probability: ArrayLike) -> dict[str, float]:
    """All metrics of churn probabilities by name, see `METRICS`.

    Raises `InputError` as `tally` does, and for values outside 0 to 1.
    """
    counts = probability_tally(label, probability)
    return {name: float(metric(counts)[0]) for name, metric in METRICS.items()}


def probability_tally(label: ArrayLike, probability: ArrayLike, weight: Floats | None = None) -> Tally:
    """Count as `tally` does, and raise `InputError` for values outside 0 to 1."""
    result = tally(label, probability, weight)
    if result.score[0] > 1 or result.score[-1] < 0:
        message = (
            f"Probabilities run from {result.score[-1]:g} to {result.score[0]:g} but must lie from 0 to 1; "
            "use the rank metrics for scores that only rank."
        )
        raise InputError(message)
    return result


def _checked(label: Floats, score: Floats) -> tuple[Floats, Floats]:
    if label.ndim != 1 or label.shape != score.shape:
        message = f"Labels have shape {label.shape} and scores {score.shape}; give one score for each label."
        raise InputError(message)
    if not np.isfinite(score).all():
        missing = int((~np.isfinite(score)).sum())
        message = f"{missing} of {len(score)} scores are missing or infinite; score every customer."
        raise InputError(message)
    if not np.isin(label, (0, 1)).all():
        message = "Labels must be 1 for customers who churned and 0 for those who stayed."
        raise InputError(message)
    if not 0 < label.sum() < len(label):
        message = (
            f"All {len(label)} customers have the same label, so nothing can be told apart; "
            "choose a period or a churn definition with both churners and stayers."
        )
        raise InputError(message)
    return label, score


def auc(counts: Tally) -> Floats:
    """Area under the ROC curve: the chance that a churner scores above a stayer, ties counting half."""
    above = np.cumsum(counts.churned, axis=1) - counts.churned / 2
    return _share(_sum(above * counts.stayed), _sum(counts.churned) * _sum(counts.stayed))


def average_precision(counts: Tally) -> Floats:
    """Precision averaged over the churners found, at each distinct score, without interpolation."""
    found = np.cumsum(counts.churned, axis=1)
    taken = np.cumsum(counts.churned + counts.stayed, axis=1)
    precision = found / np.maximum(taken, np.finfo(float).tiny)
    return _share(_sum(precision * counts.churned), found[:, -1])


def gain(share: float) -> Metric:
    """Make the metric: share of all churners among the `share` of customers with the highest scores."""

    def gained(counts: Tally) -> Floats:
        return _share(_accumulated(counts, counts.churned, np.array([share]))[:, 0], _sum(counts.churned))

    return gained


def top_decile_lift(counts: Tally) -> Floats:
    """Churn rate among the tenth with the highest scores over the churn rate of all."""
    return gain(0.1)(counts) / 0.1


def log_loss(counts: Tally) -> Floats:
    """Mean negative log-likelihood in nats; probabilities of 0 and 1 are moved by one float64 epsilon."""
    epsilon = np.finfo(float).eps
    probability = np.clip(counts.score, epsilon, 1 - epsilon)
    loss = counts.churned @ np.log(probability) + counts.stayed @ np.log1p(-probability)
    return _share(-loss, _everyone(counts))


def brier(counts: Tally) -> Floats:
    """Mean squared difference between probability and outcome."""
    squared = counts.churned @ (1 - counts.score) ** 2 + counts.stayed @ counts.score**2
    return _share(squared, _everyone(counts))


def calibration_error(counts: Tally) -> Floats:
    """Average |mean probability - churn rate| over ten equally large bins: expected calibration error."""
    surplus = counts.churned - (counts.churned + counts.stayed) * counts.score
    by_bin = np.diff(_accumulated(counts, surplus, np.linspace(0, 1, 11)), axis=1)
    return _share(_sum(np.abs(by_bin)), _everyone(counts))


CUSTOMER_VALUE = 200.0
OFFER_COST = 10.0
CONTACT_COST = 1.0
ACCEPTANCE = (6.0, 14.0)
"""Published defaults of the expected maximum profit: value of a customer kept, cost of an accepted offer and
of a contact (in money), and the Beta distribution of the chance that a churner accepts."""


def expected_maximum_profit(counts: Tally) -> Floats:
    """Profit per customer of the best retention campaign, EMPC, in the money of its published defaults.

    The chance that a would-be churner accepts the offer is Beta distributed; for each chance the campaign
    addresses the best part of the ranking. On the convex hull of the ROC curve each segment is addressed from
    its own break-even chance upwards, so that the expectation is a sum of incomplete beta functions. The
    segments are the blocks of an isotonic regression of the outcome on the score.

    Verbraken, Verbeke and Baesens (2013), A novel profit maximizing metric for measuring classification
    performance of customer churn prediction models, IEEE Transactions on Knowledge and Data Engineering
    25(5).
    """
    profits = list(map(_campaign_profit, counts.churned, counts.stayed))
    return _share(np.array(profits), _everyone(counts))


def _campaign_profit(churned: Floats, stayed: Floats) -> float:
    churners, stayers = _hull_segments(churned, stayed)
    kept = (CUSTOMER_VALUE - OFFER_COST) * churners
    spent = CONTACT_COST * churners + (OFFER_COST + CONTACT_COST) * stayers
    break_even = np.divide(spent, kept, out=np.ones_like(kept), where=spent < kept)
    accept, refuse = ACCEPTANCE
    accepting = accept / (accept + refuse) * betaincc(accept + 1, refuse, break_even)
    return float((kept * accepting - spent * betaincc(accept, refuse, break_even)).sum())


def _hull_segments(churned: Floats, stayed: Floats) -> tuple[Floats, Floats]:
    everyone = churned + stayed
    present = everyone > 0
    churned, stayed, everyone = churned[present], stayed[present], everyone[present]
    fitted = isotonic_regression(churned / everyone, weights=everyone, increasing=False)
    starts = np.sort(fitted.blocks)[:-1]
    return np.add.reduceat(churned, starts), np.add.reduceat(stayed, starts)


def _accumulated(counts: Tally, amount: Floats, shares: Floats) -> Floats:
    """Sum `amount` (r, g) over the highest scores up to each of k `shares` of all customers, (r, k)."""
    taken = _from_zero(np.cumsum(counts.churned + counts.stayed, axis=1))
    total = _from_zero(np.cumsum(amount, axis=1))
    return np.array([np.interp(shares * x[-1], x, y) for x, y in zip(taken, total, strict=True)])


def _from_zero(cumulative: Floats) -> Floats:
    return np.pad(cumulative, ((0, 0), (1, 0)))


def _sum(amount: Floats) -> Floats:
    return np.asarray(amount.sum(axis=1))


def _everyone(counts: Tally) -> Floats:
    return _sum(counts.churned) + _sum(counts.stayed)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(part / whole, dtype=np.float64)


RANK_METRICS: dict[str, Metric] = {
    "auc": auc,
    "average_precision": average_precision,
    "top_decile_lift": top_decile_lift,
    "gain_10": gain(0.1),
    "gain_20": gain(0.2),
    "gain_30": gain(0.3),
    "expected_maximum_profit": expected_maximum_profit,
}
"""Metrics that need an order only."""

METRICS: dict[str, Metric] = {
    **RANK_METRICS,
    "log_loss": log_loss,
    "brier": brier,
    "calibration_error": calibration_error,
}
"""All metrics; the last three need probabilities."""
