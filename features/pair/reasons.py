"""Which of the items that a customer bought speaks most for another one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.interactions import Codes, Floats

LEAST = 0.01
"""A smaller weight is no reason that anybody would want to hear."""


@dataclass(frozen=True)
class ItemWeights:
    """What a linear source adds up: how strongly a bought item speaks for another."""

    items: Codes
    """(h,) the items that there are weights of, rising."""
    weights: Floats
    """(h, h) from the bought item of the row to the item of the column; 0 from an item to itself."""

    def strongest(self, bought: Codes, candidates: Codes) -> Codes:
        """(n,) for each candidate the bought item with the greatest weight, -1 where none is above `LEAST`.

        Of equals it is the first of `bought`.
        """
        known = bought[self._has(bought)]
        found = np.full(len(candidates), -1, dtype=np.int32)
        foretold = np.flatnonzero(self._has(candidates))
        if len(known) == 0 or len(foretold) == 0:
            return found
        weight = self.weights[np.ix_(self._place(known), self._place(candidates[foretold]))]
        best = weight.argmax(axis=0)
        positive = weight[best, np.arange(len(foretold))] > LEAST
        found[foretold[positive]] = known[best[positive]]
        return found

    def _has(self, items: Codes) -> NDArray[np.bool_]:
        return np.isin(items, self.items)

    def _place(self, items: Codes) -> NDArray[np.intp]:
        return np.searchsorted(self.items, items)
