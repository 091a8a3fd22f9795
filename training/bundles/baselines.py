"""What suggestions are held against: simple ways to find what is missing from a basket.

Each takes what the mined baskets say of pairs, and gives scores (b, items) for b baskets; higher is likelier.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.arrays import Floats

Score = Callable[[NDArray[np.int64], csr_array, Floats], Floats]
"""From counts of pairs (items, items), baskets (b, items) and own shares (b, items) to scores (b, items)."""


def _popularity(together: NDArray[np.int64], held: csr_array, _own: Floats) -> Floats:
    return np.broadcast_to(np.diag(together).astype(np.float64), held.shape)


def _confidence(together: NDArray[np.int64], held: csr_array, _own: Floats) -> Floats:
    """The highest confidence of a rule from one item of the basket."""
    confidence = together / np.maximum(np.diag(together), 1)[:, np.newaxis]
    rows = zip(held.indptr[:-1], held.indptr[1:], strict=True)
    return np.stack([confidence[held.indices[start:end]].max(axis=0, initial=0.0) for start, end in rows])


def _item_cosine(together: NDArray[np.int64], held: csr_array, _own: Floats) -> Floats:
    """The summed cosine between baskets with the item and baskets with each item of the basket."""
    length = np.sqrt(np.maximum(np.diag(together), 1))
    return np.asarray(held @ (together / length[:, np.newaxis] / length))


def _own_frequency(_together: NDArray[np.int64], _held: csr_array, own: Floats) -> Floats:
    return np.nan_to_num(own)


BASELINES: Mapping[str, Score] = MappingProxyType(
    {
        "popularity": _popularity,
        "confidence": _confidence,
        "item_cosine": _item_cosine,
        "own_frequency": _own_frequency,
    }
)
"""Baselines by name; ties go to the more popular item."""
