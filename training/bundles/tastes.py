"""How alike a customer's baskets are, and how much less surely many of them tell than baskets of strangers.

The baskets of one customer are not independent: who likes olives buys them again and again. Two items that have
nothing to do with each other then seem to go together when a few customers happen to like both. The variance of
the number of common baskets grows by the factor 1 + r_i r_j (m - 1), with the correlations r between two baskets
of one customer, and m the mean number of baskets of a basket's customer, as for two series with memory (Bartlett
1935) and two maps (Clifford, Richardson and Hemon 1989, Assessing the significance of the correlation between two
spatial processes).
"""

import numpy as np

from features.baskets import Baskets
from training.arrays import Floats
from training.bundles.held_fixed import Codes, size_class, sizes


class Tastes:
    """Correlations within the customers of some baskets, beyond what the sizes of the baskets explain."""

    def __init__(self, baskets: Baskets) -> None:
        self._customer = baskets.customer.astype(np.intp)
        self._size_class = size_class(sizes(baskets.table))
        self._classes = np.bincount(self._size_class).astype(float)
        shape = len(baskets.customers), len(self._classes)
        key = self._customer * shape[1] + self._size_class
        self._of_customers = np.bincount(key, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
        number = self._of_customers.sum(axis=1)
        self.others = float((number * (number - 1)).sum() / max(number.sum(), 1))
        """Other baskets of a basket's customer, on average."""
        columns = baskets.table.tocsc()
        bounds = zip(columns.indptr[:-1], columns.indptr[1:], strict=True)
        self.of_items = np.array(
            [self.of(columns.indices[start:end].astype(np.intp)) for start, end in bounds]
        )
        """(items,) see `of`."""

    def of(self, held: Codes) -> float:
        """Correlation, 0 or more, of two baskets of one customer in whether they are among the `held` ones."""
        share = np.bincount(self._size_class[held], minlength=len(self._classes)) / np.maximum(
            self._classes, 1
        )
        found = np.bincount(self._customer[held], minlength=len(self._of_customers))
        excess = found - self._of_customers @ share
        own = (self._classes * share * (1 - share)).sum()
        if own <= 0 or self.others <= 0:
            return 0.0
        return float(max((excess @ excess - own) / (own * self.others), 0.0))

    def inflation(self, antecedent: float, consequents: Codes) -> Floats:
        """Factor of the variance (consequents,), 1 or more, for an antecedent with this correlation."""
        return np.asarray(1 + antecedent * self.of_items[consequents] * self.others)
