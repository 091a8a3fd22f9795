"""Who bought which item in which basket before a moment, as arrays: what affinities and rankings are made of."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interactions:
    """One line for each customer, basket and item, all before one moment; no line comes twice.

    `customers` and `items` are the sorted ids that codes are places in; every customer has a line, an item may
    have none. Lines are ordered by customer, basket and item.
    """

    customers: NDArray[np.str_]
    items: NDArray[np.str_]
    customer: Codes
    """(lines,) places in `customers`, rising."""
    basket: Codes
    """(lines,) which of the customer's baskets: 0 is the newest."""
    item: Codes
    """(lines,) places in `items`."""
    age: Floats
    """(lines,) days from the basket to the moment, above 0."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many customers and items there are."""
        return len(self.customers), len(self.items)

    @cached_property
    def baskets(self) -> NDArray[np.int64]:
        """(customers,) how many baskets each customer has."""
        newest_to_oldest = np.zeros(len(self.customers), dtype=np.int64)
        np.maximum.at(newest_to_oldest, self.customer, self.basket + 1)
        return newest_to_oldest

    def sums(self, weight: Floats) -> csr_array:
        """Weights (lines,) added up by customer and item: (customers, items), without explicit zeros."""
        kept = weight != 0
        places = (self.customer[kept], self.item[kept])
        summed = csr_array((weight[kept], places), shape=self.shape)
        summed.sum_duplicates()
        return summed

    def counts(self, days: float = np.inf) -> csr_array:
        """How many baskets of the last `days` hold the item: (customers, items)."""
        return self.sums((self.age < days).astype(np.float64))

    def bought(self, days: float = np.inf) -> csr_array:
        """1.0 where the customer bought the item in the last `days`: (customers, items)."""
        found = self.counts(days)
        found.data[:] = 1.0
        return found

    def fading(self, days: float) -> csr_array:
        """Baskets with the item, each counting exp(-age / days): (customers, items)."""
        return self.sums(cast("Floats", np.exp(-self.age / days)))
