"""Customers who are alike, and what share of a customer's neighbours bought an item."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from features import affinity
from features.interactions import Codes, Floats

REFERENCES = 2_048
"""Customers, drawn once, among whom neighbours are sought: so that they cost the same in any crowd."""

_SEED = 0


class Neighbourhood:
    """Who is most like whom by the direction of their rows in `counts` (customers, columns)."""

    def __init__(self, counts: csr_array, neighbours: int) -> None:
        self._vectors = affinity.directions(counts)
        self._neighbours = neighbours
        customers = counts.shape[0]
        drawn = np.random.default_rng(_SEED).permutation(customers)[:REFERENCES]
        self._references = np.sort(drawn)
        self._of_references = self._vectors[self._references].toarray().T.copy()
        self._place = np.full(customers, -1)
        self._place[self._references] = np.arange(len(self._references))
        self._latest: tuple[Codes, csr_array] | None = None

    def weights(self, rows: Codes) -> csr_array:
        """Weights (rows, references) of the neighbours of these customers; see `affinity.alike`."""
        if self._latest is None or self._latest[0] is not rows:  # several sources ask for the same customers
            vectors = self._vectors[rows].toarray()
            found = affinity.alike(vectors, self._of_references, self._place[rows], self._neighbours)
            self._latest = rows, found
        return self._latest[1]

    def rates(self, bought: csr_array) -> Callable[[Codes], Floats]:
        """Scores: the share, by weight, of a customer's neighbours with 1.0 in `bought` (customers, items)."""
        theirs = bought[self._references]
        return lambda rows: (self.weights(rows) @ theirs).toarray()
