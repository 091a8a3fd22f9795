"""MBG/NBD: how often a customer buys until they silently stop, from three numbers per customer.

While alive a customer buys at a rate of their own, and after every purchase, the first included, leaves for
good with a chance of their own. Rates are Gamma(r, alpha) and chances Beta(a, b) distributed among customers.
Unlike BG/NBD a customer with a single purchase may be gone already.

Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from features.errors import InputError
from training.arrays import Floats


@dataclass(frozen=True)
class Histories:
    """Purchase histories of n customers, counted from their first purchase."""

    repeats: Floats
    """(n,) purchases after the first one."""
    last: Floats
    """(n,) days from the first to the last purchase; 0 without repeats."""
    age: Floats
    """(n,) days from the first purchase to the moment of knowledge."""

    def later(self, days: float) -> Self:
        """Look at the same purchases `days` later, nothing having been bought since."""
        return type(self)(self.repeats, self.last, self.age + days)


@dataclass(frozen=True)
class MbgNbd:
    """Fitted parameters; `alpha` in days."""

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, histories: Histories) -> Floats:
        """Log density of each history: alive to the end, or gone after the last purchase."""
        x = histories.repeats
        common = gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha) - betaln(self.a, self.b)
        alive = betaln(self.a, self.b + x + 1) - (self.r + x) * np.log(self.alpha + histories.age)
        gone = betaln(self.a + 1, self.b + x) - (self.r + x) * np.log(self.alpha + histories.last)
        return np.asarray(common + np.logaddexp(alive, gone))

    def alive(self, histories: Histories) -> Floats:
        """Probability that each customer has not left for good."""
        x = histories.repeats
        waited = np.log(self.alpha + histories.age) - np.log(self.alpha + histories.last)
        return np.asarray(1 / (1 + self.a / (self.b + x) * np.exp((self.r + x) * waited)))

    def silence(self, histories: Histories, days: float) -> Floats:
        """Probability that each customer buys nothing in the next `days`.

        Exact: the density of the same history with `days` of silence added, over the density of the history.
        Written out it is 1 - alive * (1 - ((alpha + age) / (alpha + age + days)) ** (r + repeats)).
        """
        return np.asarray(np.exp(self.log_likelihood(histories.later(days)) - self.log_likelihood(histories)))


def fit_mbg_nbd(histories: Histories) -> MbgNbd:
    """Fit by maximum likelihood; parameters are searched between e^-8 and e^8 times their start.

    Raises `InputError` when no customer has bought twice: there is no rhythm to learn.
    """
    if not histories.repeats.any():
        message = "MBG/NBD learns from customers who came back, and here nobody bought twice; leave it out."
        raise InputError(message)
    start = np.log([1.0, histories.age.mean() / max(1.0, float(histories.repeats.mean())), 0.5, 5.0])
    bounds = [(value - 8, value + 8) for value in start]
    found = minimize(_mean_loss, start, (histories,), method="L-BFGS-B", bounds=bounds)
    return _from_logs(found.x)


def _mean_loss(logs: Floats, histories: Histories) -> float:
    return -float(_from_logs(logs).log_likelihood(histories).mean())


def _from_logs(logs: Floats) -> MbgNbd:
    r, alpha, a, b = (float(value) for value in np.exp(logs))
    return MbgNbd(r, alpha, a, b)
