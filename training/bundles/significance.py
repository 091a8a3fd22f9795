"""How surely two items are together in more (or fewer) baskets than chance, and how sure a lift is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc, ndtr
from scipy.stats import hypergeom

from training.arrays import Floats

Counts = NDArray[np.integer[Any]]

_NORMAL_95 = 1.959963984540054
_SMALLEST_SKEW = 1e-4


def p_values(count: Counts, first: Counts, second: Counts, baskets: Counts | int) -> Floats:
    """Probability that chance alone puts both into `count` or more of the baskets, exactly.

    `first` and `second` are the baskets with each. Fisher's exact test, one-sided: the upper tail of the
    hypergeometric distribution. Every basket counts as alike; `training.bundles.held_fixed` asks what is left
    once they are not.
    """
    return np.asarray(hypergeom.sf(count - 1, baskets, first, second), dtype=float)


def q_values(p_value: Floats, tested: int) -> Floats:
    """Smallest false discovery rate at which each is among the discoveries, of `tested` hypotheses in all.

    Hypotheses without a p-value here count as p = 1, which only makes q larger. Benjamini and Hochberg (1995),
    Controlling the false discovery rate; also valid for tests that depend positively on each other, as pairs
    that share an item do (Benjamini and Yekutieli 2001).
    """
    order = np.argsort(-p_value, kind="stable")
    rank = np.arange(len(p_value), 0, -1)
    smallest = np.minimum.accumulate(p_value[order] * tested / rank)
    q_value = np.empty(len(p_value))
    q_value[order] = np.minimum(smallest, 1.0)
    return q_value


def lift_interval(count: Counts, first: Counts, second: Counts, baskets: int) -> tuple[Floats, Floats]:
    """Lower and upper end of the 95 % interval of the lift N n_ij / (n_i n_j); `count` is above 0.

    The baskets are one draw from a multinomial over both, one, the other and neither. The delta method on
    log lift = log p_ij - log p_i - log p_j gives the squared standard error
    1/n_ij - 1/n_i - 1/n_j + 2 n_ij/(n_i n_j) - 1/N, which is 0 where every basket holds both.
    """
    variance = 1 / count - 1 / first - 1 / second + 2 * count / (first * second) - 1 / baskets
    reach = _NORMAL_95 * np.sqrt(np.maximum(variance, 0.0))
    middle = np.log(baskets * count / (first * second))
    return np.exp(middle - reach), np.exp(middle + reach)


def above(count: Floats, expected: Floats, variance: Floats, third: Floats) -> Floats:
    """Probability of `count` or more, for a sum of hypergeometric counts with these moments.

    `third` is the third central moment; a variance of 0 makes every p-value 1. Pearson's type III distribution
    (a gamma distribution, moved) follows permutation distributions far into the tails (Mielke and Berry 2007,
    Permutation Methods), where the normal distribution makes a skewed count look ten times too sure; without skew
    it is the normal one. Counts are whole: half a basket is taken off, as Cochran, Mantel and Haenszel do.
    """
    return _tail(count - 0.5 - expected, variance, third)


def below(count: Floats, expected: Floats, variance: Floats, third: Floats) -> Floats:
    """Probability of `count` or fewer, as `above`."""
    return _tail(expected - count - 0.5, variance, -third)


def _tail(surplus: Floats, variance: Floats, third: Floats) -> Floats:
    """Probability of a surplus over the mean, or a larger one."""
    deviation = np.sqrt(np.where(variance > 0, variance, 1.0))
    z, skew = surplus / deviation, third / deviation**3
    skewed = np.abs(skew) > _SMALLEST_SKEW
    half = np.where(skewed, skew, 1.0) / 2
    shape, place = half**-2, np.maximum(half**-2 + z / half, 0.0)
    pearson = np.where(half > 0, gammaincc(shape, place), gammainc(shape, place))
    return np.where(variance > 0, np.where(skewed, pearson, ndtr(-z)), 1.0)
