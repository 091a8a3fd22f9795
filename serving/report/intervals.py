"""95 % intervals of shares and of differences, in numpy alone."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NORMAL = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value and the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """A share with its score interval (Wilson, 1927), for one trial or more."""
    share, squared = successes / trials, NORMAL**2
    center = (share + squared / (2 * trials)) / (1 + squared / trials)
    spread = math.sqrt(share * (1 - share) / trials + squared / (4 * trials**2))
    reach = NORMAL * spread / (1 + squared / trials)
    return Interval(share, max(center - reach, 0.0), min(center + reach, 1.0))


def newcombe(first: Interval, second: Interval) -> Interval:
    """The difference of two independent shares from their score intervals (Newcombe, 1998, method 10)."""
    difference = first.estimate - second.estimate
    down = math.hypot(first.estimate - first.low, second.high - second.estimate)
    up = math.hypot(first.high - first.estimate, second.estimate - second.low)
    return Interval(difference, difference - down, difference + up)


def welch(first: Floats, second: Floats) -> Interval | None:
    """The difference of the means of two samples, (n,) and (m,), whose variances may differ (Welch, 1947).

    None for fewer than two values on a side, and where neither side varies: then nothing says how sure it is.
    """
    if min(len(first), len(second)) <= 1:
        return None
    parts = [float(side.var(ddof=1)) / len(side) for side in (first, second)]
    variance = sum(parts)
    if variance == 0:
        return None
    sides = zip(parts, (first, second), strict=True)
    freedom = variance**2 / sum(part**2 / (len(side) - 1) for part, side in sides)
    difference = float(first.mean() - second.mean())
    reach = student(freedom) * math.sqrt(variance)
    return Interval(difference, difference - reach, difference + reach)


def student(freedom: float) -> float:
    """The 97.5 % quantile of Student's t (Abramowitz & Stegun, 26.7.5): right to 0.001 from 6 degrees on."""
    z = NORMAL
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))
