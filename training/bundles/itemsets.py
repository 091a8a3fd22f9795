"""Itemsets and rules as mlxtend has them: the same frames and numbers, counted by `counting`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import association_rules
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.bundles.counting import itemsets

_NOTHING = pd.DataFrame({"support": [1.0], "itemsets": [frozenset({""})]})
"""Itemsets without a rule: mlxtend refuses an empty frame."""


def frequent_itemsets(
    table: csr_array,
    names: NDArray[np.str_],
    *,
    min_support: float = 0.0,
    min_count: int = 1,
    max_len: int | None = None,
) -> pd.DataFrame:
    """What mlxtend's `fpgrowth` finds, shortest first, then in the order of the columns.

    `table` (baskets, items) is as for `counting.pair_counts`, `names` (items,) are its columns. Of each itemset
    `support` is the share of the baskets that hold it, and `itemsets` the frozenset of its names. It is frequent
    when `min_count` baskets or more hold it and its support is `min_support` or more.
    """
    baskets = table.shape[0]
    found = itemsets(table, max(min_count, _least_count(min_support, baskets)), max_len)
    support = np.concatenate([np.empty(0), *(each.count / baskets for each in found)])
    named = names.astype(object)
    with _no_collection():
        sets = [frozenset(row) for each in found for row in named[each.items].tolist()]
    return pd.DataFrame({"support": support, "itemsets": pd.Series(sets, dtype=object)})


def rules(found: pd.DataFrame) -> pd.DataFrame:
    """Every rule between the parts of an itemset, with the metrics of mlxtend's `association_rules`.

    `found` is what `frequent_itemsets` gives. Without a rule the frame has its columns and no row.
    """
    # Of a consequent in every basket mlxtend divides 0 by 0 and then takes 0.
    with _no_collection(), np.errstate(divide="ignore", invalid="ignore"):
        frame: pd.DataFrame = association_rules(
            found if len(found) else _NOTHING, metric="support", min_threshold=0.0
        )
    return frame


@contextmanager
def _no_collection() -> Iterator[None]:
    """Builds many objects, none of them garbage: looking through them again and again takes twice the time."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _least_count(min_support: float, baskets: int) -> int:
    """The smallest count whose share of the baskets reaches the support, as divisions round."""
    guess = ceil(min_support * baskets)
    return next((n for n in (guess - 1, guess) if n / max(baskets, 1) >= min_support), guess + 1)
