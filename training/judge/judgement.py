"""What each policy would have earned per decision, by two estimators that need no trust in any model."""

from dataclasses import dataclass

import numpy as np

from training.arrays import Floats
from training.intervals import Interval
from training.judge.estimators import (
    Logged,
    clustered_mean,
    doubly_robust,
    effective_differences,
    effective_size,
    snips,
    without_support,
)
from training.judge.joined import Joined, LeftOut
from training.judge.policies import policies
from training.judge.reward_model import cross_fitted

MOST_WITHOUT_SUPPORT = 0.1
"""A policy that more often does what the log never shows is not estimated: it would be the reward model's word."""


LEAST_DIFFERENCES = 50
"""A gain that would rest on fewer decisions is not told: its interval would mostly miss the truth."""


@dataclass(frozen=True)
class Estimates:
    """One policy's money per decision; None where too many of its choices are `without_support`.

    `gained` is the doubly robust estimate minus what the logging policy earned, on the same decisions; None also
    below `LEAST_DIFFERENCES`. The log is worth `effective_decisions` of the policy's own, `effective_customers`
    whose decisions are independent, and `effective_differences` that tell it from the logging policy.
    """

    snips: Interval | None
    doubly_robust: Interval | None
    gained: Interval | None
    effective_decisions: float
    effective_customers: float
    effective_differences: float
    without_support: float


@dataclass(frozen=True)
class Judgement:
    """Everything that was found, by policy."""

    decisions: int
    customers: int
    logging: Interval
    estimates: dict[str, Estimates]
    left_out: LeftOut


def judge(joined: Joined) -> Judgement:
    """Judge the policies of `policies` on the joined logs. Raises `InputError` for fewer than two customers."""
    logged = joined.logged
    logging = clustered_mean(logged.reward, logged.customer)
    predicted = cross_fitted(logged, joined.offer, joined.priced)
    estimates = {name: _estimates(logged, target, predicted) for name, target in policies(joined).items()}
    return Judgement(len(logged.reward), int(logged.customer.max()) + 1, logging, estimates, joined.left_out)


def _estimates(logged: Logged, target: Floats, predicted: Floats) -> Estimates:
    weights = logged.weights(target)
    by_customer = np.bincount(logged.customer, weights).astype(float)
    differences, unsupported = effective_differences(logged, target), without_support(logged, target)
    evidence = (effective_size(weights), effective_size(by_customer), differences, unsupported)
    if not weights.any() or unsupported > MOST_WITHOUT_SUPPORT:
        return Estimates(None, None, None, *evidence)
    robust = doubly_robust(logged, target, predicted)
    scores = (snips(logged, target), robust, robust - logged.reward)
    weighed, doubled, gained = (clustered_mean(one, logged.customer) for one in scores)
    return Estimates(weighed, doubled, gained if differences >= LEAST_DIFFERENCES else None, *evidence)
