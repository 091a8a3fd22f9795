"""How surely two items are together in more (or fewer) baskets than chance, and how sure a lift is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc
from scipy.stats import hypergeom

from training.arrays import Floats

Counts = NDArray[np.integer[Any]]

_NORMAL_95 = 1.959963984540054
_SMALLEST = 1e-9


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


def above(count: Floats, expected: Floats, variance: Floats) -> Floats:
    """Probability of `count` or more, for a sum of many independent yes-or-no events with these two moments.

    A hypergeometric count, and so a sum of such counts over strata, is a sum of independent yes-or-no events
    (Vatutin and Mikhailov 1982). The binomial distribution of the same mean and variance, with a real number of
    trials, is close to it far into the tails (Ehm 1991), where the normal distribution of the Cochran-
    Mantel-Haenszel test promises ten times too much; with a variance equal to the mean it is Poisson's.
    """
    chance = np.clip(1 - variance / np.maximum(expected, _SMALLEST), _SMALLEST, 1 - _SMALLEST)
    trials = expected / chance
    tail = betainc(np.maximum(count, _SMALLEST), np.maximum(trials - count + 1, _SMALLEST), chance)
    return np.where(count > 0, tail, 1.0)


def below(count: Floats, expected: Floats, variance: Floats) -> Floats:
    """Probability of `count` or fewer, as `above`."""
    chance = np.clip(1 - variance / np.maximum(expected, _SMALLEST), _SMALLEST, 1 - _SMALLEST)
    trials = expected / chance
    return np.asarray(betainc(np.maximum(trials - count, _SMALLEST), count + 1, 1 - chance), dtype=float)
