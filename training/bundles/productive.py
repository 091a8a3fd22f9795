"""Longer rules that say more than the shorter ones they are made of: all others are redundant.

A rule is productive when each item of its antecedent adds to the confidence (Webb 2007, Discovering significant
patterns): among the baskets that hold the rest of the antecedent, the item and the consequent are together more
often than chance. Baskets are compared within classes of sizes (`training.bundles.held_fixed`), since a basket
that holds one item more is larger, and holds any other item more often.
"""

from itertools import combinations

import numpy as np
from scipy.sparse import csc_array, csr_array

from training.arrays import Floats
from training.bundles.held_fixed import Codes, added, chance, holding, repeats, size_class, sizes, totals
from training.bundles.significance import above


def productive_p_values(table: csr_array, itemsets: Codes) -> Floats:
    """(itemsets, length) how likely chance makes the rule to each consequent better than all shorter ones.

    `itemsets` (itemsets, length of 3 or more) are columns of the table. Every item of the antecedent has to add,
    so that the largest of their p-values is that of the rule.
    """
    found = np.zeros(itemsets.shape)
    columns = table.tocsc()
    for pair in combinations(range(itemsets.shape[1]), 2):
        rest = np.delete(itemsets, pair, axis=1)
        p_value = _given(table, columns, rest, itemsets[:, pair])
        for consequent in pair:
            found[:, consequent] = np.maximum(found[:, consequent], p_value)
    return found


def _given(table: csr_array, columns: csc_array, rest: Codes, pair: Codes) -> Floats:
    """(itemsets,) p-values of both items of the pair being together in baskets that hold the rest."""
    p_value = np.empty(len(rest))
    distinct, place = np.unique(rest, axis=0, return_inverse=True)
    order = np.argsort(place, kind="stable")
    for items, rows in zip(distinct, np.split(order, np.cumsum(np.bincount(place))[:-1]), strict=True):
        held = table[holding(columns, items)]
        p_value[rows] = _together(held, len(items), pair[rows])
    return p_value


def _together(held: csr_array, given: int, pairs: Codes) -> Floats:
    """(pairs,) p-values among these baskets, which all hold the `given` items."""
    size = sizes(held) - given
    _classes, stratum = np.unique(size_class(size), return_inverse=True)
    of_strata = totals(size, stratum)[..., None]
    shared = chance(of_strata, repeats(held, stratum, given).of(np.arange(len(of_strata[0]))))
    items, codes = np.unique(pairs, return_inverse=True)
    first, second = codes.reshape(pairs.shape).T
    some = held[:, items]
    counts: Floats = added(some, stratum).toarray()
    ours = counts[:, first], counts[:, second], of_strata[0]
    told = some[shared.told[stratum, 0]]
    count = (told.T @ told).toarray()[first, second]
    moments = (each(*ours).sum(axis=0) for each in (shared.expected, shared.variance, shared.third))
    return above(count, *moments)
