"""Complements and substitutes: pairs together more, or less, than their customers' purchases let expect.

Baskets are compared within a customer and a class of basket sizes (`training.bundles.held_fixed`): neither tastes
nor large shopping trips make a complement, and small trips (a tank of petrol) make no substitute. A substitute is
missing also where sizes are left alone.
"""

from collections.abc import Iterator
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array
from scipy.stats import poisson

from features.baskets import Baskets
from training.arrays import Floats
from training.bundles.held_fixed import Codes, Compared, added, chance, repeats, size_class, sizes, totals
from training.bundles.significance import above, below, q_values

Counts = NDArray[np.int64]

MIN_EXPECTED = 5.0
"""Pairs that are expected together less often are not tested: nothing could be missing from so few."""

MAX_RATIO = 0.75
"""Substitutes are together a quarter less often than their customers' rates alone let expect, at least: a sure but
slight lack is a matter of seasons and of kinds of trips."""

MAX_P_BY_RATES = 0.05
"""How surely they have to be missing by rates alone: a second look at pairs that a first has found."""

MAX_Q_VALUE = 0.05
"""False discovery rate of complements, and of substitutes."""

ITEMS_AT_ONCE = 256
"""Items that are compared with all others at once."""


class Relation(StrEnum):
    """What two items are to each other."""

    COMPLEMENT = "complement"
    SUBSTITUTE = "substitute"
    INDEPENDENT = "independent"


def within_customers(baskets: Baskets) -> pd.DataFrame:
    """Every tested pair once, by codes `first` < `second`, with its `relation`.

    `count` is the baskets with both (of those that were compared with others), `expected_within` what the
    customers' purchases lead one to expect and `within_ratio` the one over the other. Each tail is tested on its
    own (`p_value` below, `p_above`), and Benjamini-Hochberg is over all pairs expected `MIN_EXPECTED` times or
    more; that depends on the items' own counts only, so that choosing by it does no harm (Bourgon et al. 2010).
    `expected_by_rates` holds no sizes fixed; what has too few baskets by the first has to have too few by it too.
    """
    pairs, found = _compared(baskets)
    tested = found.expected >= MIN_EXPECTED
    first, second = pairs[0][tested], pairs[1][tested]
    moments = [values[tested] for values in (found.expected, found.variance, found.third)]
    count = found.count[tested]
    table = pd.DataFrame({"first": first, "second": second, "count": count.astype(np.int64)})
    table["expected_within"] = found.between[tested]
    table["within_ratio"] = found.lift[tested]
    by_rates, together = (each[first, second] for each in _by_rates(baskets))
    table["expected_by_rates"] = by_rates
    table["p_value"] = below(count, *moments)
    table["q_value"] = q_values(table["p_value"].to_numpy(), len(table))
    table["p_above"] = above(count, *moments)
    q_above = q_values(table["p_above"].to_numpy(), len(table))
    fewer = (together <= MAX_RATIO * by_rates) & (poisson.cdf(together, by_rates) <= MAX_P_BY_RATES)
    missing = fewer & (table["q_value"] <= MAX_Q_VALUE)
    table["both_customers"], enough = _both(baskets, first, second, np.asarray(missing))
    table["relation"] = np.select(
        [enough, q_above <= MAX_Q_VALUE], [Relation.SUBSTITUTE, Relation.COMPLEMENT], Relation.INDEPENDENT
    )
    return table


def substitutes(within: pd.DataFrame, items: NDArray[np.str_]) -> pd.DataFrame:
    """The substitutes of `within_customers`, by ids, the surest first.

    Columns `first`, `second`, `count`, `expected_within`, `within_ratio`, `expected_by_rates`, `p_value`,
    `q_value` and `both_customers`, how many customers bought both.
    """
    found = within[within["relation"] == Relation.SUBSTITUTE].drop(columns=["relation", "p_above"])
    found = found.assign(first=items[found["first"]], second=items[found["second"]])
    return found.sort_values(["p_value", "first", "second"], ignore_index=True)


def _by_rates(baskets: Baskets) -> tuple[Floats, Floats]:
    """(items, items) baskets with both as expected from each customer's rates alone, and as they are.

    Where a catalogue is small, a few items that belong together make baskets large, and to hold sizes fixed lets
    any two others seem to avoid each other: what is missing has to be missing without that too.
    """
    counts = added(baskets.table, baskets.customer.astype(np.intp))
    total = np.bincount(baskets.customer, minlength=counts.shape[0])
    expected = _product(counts, slice(None), 1 / np.maximum(total, 1))
    return expected, _product(baskets.table, slice(None))


def _compared(baskets: Baskets) -> tuple[tuple[Codes, Codes], Compared]:
    """All pairs that are expected together `MIN_EXPECTED` times or more."""
    strata = _Strata(baskets)
    blocks = list(strata.blocks())
    first, second = (np.concatenate([block[place] for block in blocks]) for place in (0, 1))
    names = ("count", "expected", "variance", "third", "between")
    found = [np.concatenate([getattr(block[2], name) for block in blocks]) for name in names]
    return (first, second), Compared(*found)


class _Strata:
    """Baskets of one customer and one class of sizes; those without anything to compare them with are left out."""

    def __init__(self, baskets: Baskets) -> None:
        size = sizes(baskets.table)
        classes = size_class(size)
        key = baskets.customer.astype(np.int64) * (int(classes.max(initial=0)) + 1) + classes
        _keys, stratum = np.unique(key, return_inverse=True)
        of_strata = totals(size, stratum)
        self._number = of_strata[0]
        self._chance = chance(of_strata, repeats(baskets.table, stratum))
        kept = np.flatnonzero(self._chance.told[stratum])
        self._table = baskets.table[kept]
        self._stratum = stratum[kept]
        self._counts = added(baskets.table, stratum)

    def blocks(self) -> Iterator[tuple[Codes, Codes, Compared]]:
        """Pairs of codes, the first being lower, with what was found."""
        left, more = self._counts.copy(), self._counts.copy()
        number = np.repeat(self._number, np.diff(left.indptr))
        left.data *= number - left.data
        more.data = left.data * (number - 2 * more.data)
        apart, further = (np.maximum(self._number * (self._number - less), 1) for less in (1, 2))
        for start in range(0, self._table.shape[1], ITEMS_AT_ONCE):
            columns = slice(start, start + ITEMS_AT_ONCE)
            expected, between = self._expected(columns, left)
            first, second = np.nonzero(np.triu(expected >= MIN_EXPECTED, start + 1))
            weight = self._chance.average / apart
            variance = _product(left, columns, weight)
            third = _product(more, columns, weight / further)
            found = (_product(self._table, columns), expected, variance, third, between)
            yield first + start, second, Compared(*(each[first, second] for each in found))

    def _expected(self, columns: slice, left: csr_array) -> tuple[Floats, Floats]:
        """What the test and what the lift expects of some items with all: see `held_fixed`."""
        shared, counts = self._chance, self._counts
        apart = np.maximum(1 - shared.average, np.finfo(float).tiny)
        expected, between = (
            _product(counts, columns, shared.of_common / by) - _product(left, columns, shared.bend / by)
            for by in (np.ones_like(apart), apart)
        )
        return expected, between - _product(self._table, columns, (shared.average / apart)[self._stratum])


def _product(table: csr_array, columns: slice, weight: Floats | None = None) -> Floats:
    """Weighted sums over rows of the products of some columns with all columns."""
    some = table[:, columns]
    weighted = some if weight is None else diags_array(weight) @ some
    return np.asarray((weighted.T @ table).toarray(), dtype=float)


def _both(
    baskets: Baskets, first: Codes, second: Codes, asked: NDArray[np.bool_]
) -> tuple[Counts, NDArray[np.bool_]]:
    """Customers who bought both, and whether they are as many as if either said nothing of the other.

    Only of pairs that are `asked` for; 0 and false for all others. What two kinds of customers buy apart from
    each other (one item by the ones, one by the others) replaces nothing.
    """
    customers = len(baskets.customers)
    shape = (customers, baskets.table.shape[0])
    adding = csr_array((np.ones(shape[1]), (baskets.customer, np.arange(shape[1]))), shape=shape)
    bought = (adding @ baskets.table).sign().tocsc()
    buyers = np.diff(bought.indptr)
    one, other = first[asked], second[asked]
    both = np.zeros(len(first), dtype=np.int64)
    both[asked] = np.asarray(bought[:, one].multiply(bought[:, other]).sum(axis=0)).ravel().astype(np.int64)
    return both, asked & (both * customers >= buyers[first] * buyers[second])
