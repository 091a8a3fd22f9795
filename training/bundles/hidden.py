"""Baskets with one item hidden: what a suggestion is asked to find."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.baskets import Baskets
from features.interactions import Codes

LEAST = 3
"""Items of a basket that suggestions are learnt from and judged on: what is left of fewer says little."""

_SEED = 0


@dataclass(frozen=True)
class Hidden:
    """n baskets without one of their items each."""

    held: csr_array
    """(n, items) 1.0 for the items that are left."""
    item: Codes
    """(n,) the hidden one."""
    customer: Codes
    """(n,)"""

    def chosen(self, rows: NDArray[np.bool_]) -> "Hidden":
        """Some of them; `rows` (n,) says which."""
        places = np.flatnonzero(rows)
        return Hidden(self.held[places], self.item[places], self.customer[places])


def hide_one(baskets: Baskets, count: int) -> Hidden:
    """Draw up to `count` of the baskets with `LEAST` items or more, and hide one item of each by chance.

    The same baskets always lose the same items.
    """
    random = np.random.default_rng(_SEED)
    large = np.flatnonzero(np.diff(baskets.table.indptr) >= LEAST)
    drawn = np.sort(random.permutation(large)[:count])
    table = baskets.table[drawn]
    place = table.indptr[:-1] + (random.random(len(drawn)) * np.diff(table.indptr)).astype(np.int64)
    return Hidden(_without(table, place), table.indices[place].astype(np.int32), baskets.customer[drawn])


def _without(table: csr_array, place: NDArray[np.signedinteger[Any]]) -> csr_array:
    kept = table.copy()
    kept.data[place] = 0.0
    kept.eliminate_zeros()
    return kept
