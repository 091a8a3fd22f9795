"""What two items have in common once something is held fixed: baskets are compared within strata only.

Among the N baskets of a stratum, a hold the first item and b the second: a b combinations, of which a share is one
and the same basket when nothing but chance joins the two. Were all baskets alike, it would be 1/N. But large
baskets hold any two items: without holding sizes fixed nearly every pair of a supermarket looks like a complement.

So let the items be shuffled over the places of the stratum's baskets, S of them, s in a basket, and none come
twice in a basket. Two places with different items lie in the same basket, sum s(s-1), or in two,
(S^2 - sum s^2)(1 - k), where k is how often places of different baskets hold the same item. The first over both is
the average share f: over all pairs together, as many common baskets are expected as there are. Of one pair the
share is f0 - g (N-a)(N-b) with f0 = sum s^2 / S^2, because an item takes a place away only where it could be
missing, as in Hajek's second-order probabilities of a sample whose size is given (1964, Asymptotic theory of
rejective sampling); g is such that the average is f. Strata are cut by `size_class` as well, since the more
baskets hold an item already, the less it grows with their size.

The test is that of Cochran, Mantel and Haenszel (1959): expected E = sum of a b times the share, variance
V = sum of a b f (N-a)(N-b) / (N(N-1)), and the third moment, sum of the terms of V times (N-2a)(N-2b) / (N(N-2));
with a share of 1/N these are the moments of hypergeometric distributions.

E is no good to divide by: a and b hold the n common baskets too, so that n / E cannot exceed N, however strong
the lift, and strata of a store and month are small. The a b - n combinations of two different baskets are what
chance alone gives: with (E - n f) / (1 - f) in place of E the lift does not depend on how finely strata are cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from training.arrays import Floats
from training.bundles.significance import above

Codes = NDArray[np.intp]
Sizes = NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """What was found of each pair, (pairs,) each, in strata where anything could be found."""

    count: Floats
    """Baskets with both."""
    expected: Floats
    """What the test expects."""
    variance: Floats
    third: Floats
    """Third central moment."""
    between: Floats
    """What pairs of different baskets lead one to expect: the lift divides by it."""
    inflation: Floats | float = 1.0
    """Of the variance, because customers have tastes: see `training.bundles.tastes`."""

    @property
    def lift(self) -> Floats:
        """Count over what is expected; NaN where nothing can be compared.

        Where the two are never in different baskets it is the finite count / expected of the test.
        """
        chance = np.where(self.between > 0, self.between, self.expected)
        unknown = np.full(len(chance), np.nan)
        return np.asarray(np.divide(self.count, chance, out=unknown, where=chance > 0))

    @property
    def p_value(self) -> Floats:
        """Probability of `count` or more together; 1 where nothing can be compared."""
        inflated = self.variance * self.inflation, self.third * self.inflation**1.5
        return above(self.count, self.expected, *inflated)


@dataclass(frozen=True)
class Repeats:
    """How often different baskets of a stratum hold the same item, (strata,) each."""

    alike: Floats
    """Share of the pairs of places in different baskets: k."""
    usual: Floats
    """Share of the other baskets that hold an item, on average over the places."""

    def of(self, strata: Codes) -> "Repeats":
        """Those of some strata, as columns that pairs can stand beside."""
        return Repeats(self.alike[strata, None], self.usual[strata, None])


@dataclass(frozen=True)
class Chance:
    """The share of combinations that are one basket; all 0 where a stratum has nothing to compare."""

    average: Floats
    """f"""
    of_common: Floats
    """f0, of an item that is in every basket."""
    bend: Floats
    """g"""

    def expected(self, first: Floats, second: Floats, baskets: Floats) -> Floats:
        """Baskets with both, by stratum; `first` and `second` are those with each."""
        left = (baskets - first) * (baskets - second)
        return first * second * (self.of_common - self.bend * left)

    def variance(self, first: Floats, second: Floats, baskets: Floats) -> Floats:
        """Variance of the baskets with both, by stratum."""
        left = (baskets - first) * (baskets - second)
        return first * second * self.average * left / np.maximum(baskets * (baskets - 1), 1)

    def third(self, first: Floats, second: Floats, baskets: Floats) -> Floats:
        """Third central moment of the baskets with both, by stratum."""
        more = (baskets - 2 * first) * (baskets - 2 * second)
        return self.variance(first, second, baskets) * more / np.maximum(baskets * (baskets - 2), 1)

    @property
    def told(self) -> NDArray[np.bool_]:
        """Whether the stratum has anything to compare."""
        return self.of_common > 0


def holding(columns: csc_array, items: Codes) -> Codes:
    """Baskets that hold all of the items (columns), rising."""
    held = sorted((columns.indices[columns.indptr[i] : columns.indptr[i + 1]] for i in items), key=len)
    first = held[0]
    for other in held[1:]:
        first = first[np.isin(first, other, assume_unique=True)]
    return np.sort(first).astype(np.intp)


def sizes(table: csr_array) -> Sizes:
    """(baskets,) how many items each holds."""
    return np.diff(table.indptr).astype(np.int64)


def size_class(size: Sizes) -> Sizes:
    """(baskets,) 0 for sizes of 0 and 1, 1 for 2 and 3, 2 for 4 to 7 and so on: less than double in each class."""
    return np.frexp(np.maximum(size, 1))[1].astype(np.int64) - 1


def added(table: csr_array, stratum: Codes) -> csr_array:
    """(strata, items) baskets with the item; `stratum` (baskets,) is that of each."""
    ones = np.ones(len(stratum))
    shape = (int(stratum.max(initial=-1)) + 1, len(stratum))
    return csr_array(csr_array((ones, (stratum, np.arange(len(stratum)))), shape=shape) @ table)


def totals(size: Sizes, stratum: Codes, items: int = 1) -> Floats:
    """(5, strata) what `chance` needs: baskets, and ways to choose places in them for an antecedent of `items`.

    For the antecedent, for one item, for both, and for both with a place taken twice.
    """
    of_first = np.prod([size - taken for taken in range(items)], axis=0)
    ways = np.ones_like(size), of_first, size, of_first * (size - items), of_first * size
    return np.stack([np.bincount(stratum, each) for each in ways]).astype(float)


def repeats(table: csr_array, stratum: Codes, given: int = 0) -> Repeats:
    """Of each stratum; `given` items that all baskets hold have no part in it."""
    counts = added(table, stratum)
    of_strata = counts.nonzero()[0]
    same = np.bincount(of_strata, counts.data * (counts.data - 1), minlength=counts.shape[0]).astype(float)
    number, _ways, total, _both, square = totals(sizes(table) - given, stratum)
    same -= given * number * (number - 1)
    return Repeats(_ratio(same, total**2 - square), _ratio(same, total * (number - 1)))


def chance(of_strata: Sequence[Floats] | Floats, found: Repeats, items: int = 1) -> Chance:
    """Of strata with these `totals`, for an antecedent of `items`."""
    number, of_first, of_second, of_both, own = of_strata
    combinations = of_first * of_second
    other = np.maximum(combinations - own, 0.0)
    told = (number > 1) & (other > 0) & (of_both > 0)
    average = _ratio(of_both * told, of_both + other * (1 - found.alike * items))
    of_common = _ratio(own * told, combinations)
    missing = (1 - found.usual) * (number - 1)
    return Chance(average, of_common, _ratio(np.maximum(of_common - average, 0.0), missing**2))


def _ratio(above_line: Floats, below_line: Floats) -> Floats:
    """0 where nothing is below the line."""
    found = np.zeros(np.broadcast_shapes(above_line.shape, below_line.shape))
    return np.divide(above_line, below_line, out=found, where=below_line > 0)
