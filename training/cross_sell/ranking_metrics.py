"""How well ranked lists foretell purchases.

A list is a row of `top`, (customers, k) item codes, best first, no item twice, -1 where a list is shorter.
`truth` (customers, items) is not zero where the customer bought the item within the horizon: a target. A
metric of lists gives one value per customer, NaN for customers without a target, so that one can average,
compare and resample customers.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.errors import InputError
from features.lists import Lists
from training.arrays import Floats


def recall_at_k(top: Lists, truth: csr_array, k: int) -> Floats:
    """Share of a customer's targets that are in the first k of the list, (customers,)."""
    hits = _hits(top, truth, k)
    return _relative(hits.sum(axis=1), _targets(truth).astype(float))


def hit_rate_at_k(top: Lists, truth: csr_array, k: int) -> Floats:
    """1 where the first k of the list hold a target, else 0, (customers,)."""
    hits = _hits(top, truth, k)
    return _relative(hits.sum(axis=1) > 0, np.sign(_targets(truth)))


def ndcg_at_k(
    top: Lists, truth: csr_array, k: int, ideal: Literal["first_k", "all_targets"] = "first_k"
) -> Floats:
    """Discounted cumulative gain of the first k over that of an ideal list, (customers,).

    A target at place p, counted from 1, gains 1 / log2(p + 1): Järvelin and Kekäläinen (2002), Cumulated
    gain-based evaluation of IR techniques, ACM TOIS 20(4). The usual ideal list has k places, so that 1 can
    be reached; with `all_targets` it has a place for every target, as the scripts of Li, Jullien, Ariannezhad
    and de Rijke (2023), A Next Basket Recommendation Reality Check, ACM TOIS 41(4), have it.
    """
    targets = _targets(truth)
    hits = _hits(top, truth, k)
    gains = 1 / np.log2(np.arange(2, max(k, targets.max(initial=0)) + 2))
    ideals = np.concatenate([[0.0], np.cumsum(gains)])
    length = np.minimum(targets, k) if ideal == "first_k" else targets
    return _relative(hits @ gains[:k], ideals[length])


def catalogue_coverage(top: Lists, items: int) -> float:
    """Share of all `items` that are in at least one list, 0 to 1."""
    return len(np.unique(top[top >= 0])) / items


def top_item_share(top: Lists) -> float:
    """Share of all places taken that the most listed item takes, 0 to 1; NaN when all lists are empty."""
    taken = np.bincount(top[top >= 0])
    return float(taken.max() / taken.sum()) if len(taken) else np.nan


def _targets(truth: csr_array) -> NDArray[np.int64]:
    """(customers,) how many targets each customer has."""
    return np.bincount(truth.nonzero()[0], minlength=truth.shape[0]).astype(np.int64)


def _hits(top: Lists, truth: csr_array, k: int) -> NDArray[np.bool_]:
    """(customers, k) whether the item at each place is a target."""
    customers, items = truth.shape
    if len(top) != customers or not 1 <= k <= top.shape[1]:
        message = (
            f"Lists of shape {top.shape} cannot be judged at {k} against {customers} customers; "
            f"give each of them one list of {k} places or more."
        )
        raise InputError(message)
    listed = top[:, :k].astype(np.int64)
    row, item = truth.nonzero()
    keys = np.arange(customers)[:, np.newaxis] * items + listed
    return np.asarray(np.isin(keys, row.astype(np.int64) * items + item) & (listed >= 0))


def _relative(gained: NDArray[Any], ideal: NDArray[Any]) -> Floats:
    relative = np.full(len(ideal), np.nan)
    np.divide(gained, ideal, out=relative, where=ideal > 0)
    return relative
