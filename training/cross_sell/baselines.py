"""What anybody could recommend without a model of pairs: the rankings that cross-sell has to beat.

Each baseline learns from the interactions before a moment, and scores every item for some of its customers.
TIFU-kNN, which has to be tuned first, is in `tifu_knn`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, vstack

from features.interactions import Interactions
from features.lists import best_items
from training.arrays import Floats

Scorer = Callable[[NDArray[np.integer[Any]]], Floats]
"""Scores (rows, items), higher for what is likelier bought next, of customers given by their codes (rows,)."""

BLOCK = 256
"""Items compared with all others at once: their dense similarities stay under 100 MB at 40,000 items."""


class Baseline(Protocol):
    """Something simple that a model is compared with."""

    def fit(self, past: Interactions) -> Scorer:
        """Learn from all that was bought before a moment."""


def baselines() -> dict[str, Baseline]:
    """Every baseline by name that needs no tuning."""
    return {"popularity": Popularity(), "own_frequency": OwnFrequency(), "item_knn": ItemKnn()}


@dataclass(frozen=True)
class Popularity:
    """Rank for everybody alike, by how many customers bought the item in the last `days`."""

    days: float = 28.0

    def fit(self, past: Interactions) -> Scorer:
        """Count each customer once an item."""
        buyers = _buyers(past, self.days)
        return lambda rows: np.tile(buyers, (len(rows), 1))


@dataclass(frozen=True)
class OwnFrequency:
    """Rank by how many of the customer's own baskets hold the item, of equals by popularity in the last `days`.

    What the customer never bought follows in the order of its popularity.
    """

    days: float = 28.0

    def fit(self, past: Interactions) -> Scorer:
        """Count baskets; popularity, brought below 1, decides between equal counts only."""
        counts, buyers = past.counts(), _buyers(past, self.days)
        below_one = buyers / (1 + buyers.max(initial=0))
        return lambda rows: counts[rows].toarray() + below_one


@dataclass(frozen=True)
class ItemKnn:
    """Rank by similarity to what the customer bought: item-based nearest neighbours.

    The similarity of two items is the cosine of their columns in the table of who bought what, once or more.
    Each item recommends its `neighbours` most similar other items, and a score is the sum over the customer's
    items: Deshpande and Karypis (2004), Item-based top-N recommendation algorithms, ACM TOIS 22(1).
    """

    neighbours: int = 100

    def fit(self, past: Interactions) -> Scorer:
        """Compare all items, a block at a time."""
        bought = past.bought()
        nearest = vstack(list(_nearest_items(bought, self.neighbours)), format="csr")
        return lambda rows: (bought[rows] @ nearest).toarray()


def _buyers(past: Interactions, days: float) -> Floats:
    """(items,) how many customers bought each item in the last `days`."""
    return np.asarray(past.bought(days).sum(axis=0), dtype=np.float64)


def _nearest_items(bought: csr_array, k: int) -> Iterator[csr_array]:
    """Blocks of rows of the table (items, items) of cosines, the k highest of each row, none with itself."""
    items = bought.shape[1]
    length = np.sqrt(bought.sum(axis=0))
    unit = (bought @ diags_array(1 / np.maximum(length, 1))).tocsr()
    by_item = unit.T.tocsr()
    for start in range(0, items, BLOCK):
        block = np.arange(start, min(start + BLOCK, items))
        cosine = (by_item[block] @ unit).toarray()
        cosine[block - start, block] = 0.0
        yield _kept(cosine, best_items(cosine, cosine > 0, min(k, items)))


def _kept(values: Floats, top: NDArray[np.int32]) -> csr_array:
    """Values (b, items) at the places listed in `top` (b, k), nothing elsewhere."""
    row, place = np.nonzero(top >= 0)
    item = top[row, place]
    return csr_array((values[row, item], (row, item)), shape=values.shape)
