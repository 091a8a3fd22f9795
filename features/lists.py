"""The best items of each row of scores, as lists: what sources propose and what rankings are judged by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError

Lists = NDArray[np.int32]
"""(customers, k) item codes, best first, -1 where a list is shorter."""

RUNS = 16
"""Runs of items a place in the list: more make the bound closer and its search longer."""


def best_items(scores: NDArray[np.floating[Any]], allowed: NDArray[np.bool_] | None, k: int) -> Lists:
    """List the k items with the highest of the `scores` (b, items), best first, of equals the lower code first.

    Items that are not `allowed` (b, items), or score minus infinity, are never listed; -1 fills what is left
    of a list. Raises `InputError` for scores that are not numbers and for k below 1.
    """
    if k < 1:
        message = f"A list of {k} items cannot be judged; ask for 1 or more."
        raise InputError(message)
    eligible = scores if allowed is None else np.where(allowed, scores, -np.inf)
    top = np.full((len(scores), k), -1, dtype=np.int32)
    for listed, values, bound in zip(top, eligible, _lower_bounds(eligible, k), strict=True):
        above = np.flatnonzero(values > bound)
        best = above[np.argsort(-values[above], kind="stable")][:k]
        listed[: len(best)] = best
        if len(best) < k and bound > -np.inf:
            equals = np.flatnonzero(values == bound)[: k - len(best)]
            listed[len(best) : len(best) + len(equals)] = equals
    return top


def _lower_bounds(scores: NDArray[np.floating[Any]], k: int) -> NDArray[np.floating[Any]]:
    """(b,) scores that at least k items of the row reach, if there are k, and not many exceed.

    That is the k-th highest among the maxima of short runs of items: an order of magnitude faster than
    numpy's partition, which is slow where many scores are equal.
    """
    items = scores.shape[1]
    maxima = np.maximum.reduceat(scores, np.arange(0, items, max(1, items // (RUNS * k))), axis=1)
    if np.isnan(maxima).any():
        message = (
            "Some scores are not a number; score every item, minus infinity where it must not be listed."
        )
        raise InputError(message)
    return np.sort(maxima, axis=1)[:, -k] if k <= items else np.full(len(scores), -np.inf)
