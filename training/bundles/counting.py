"""How many baskets hold which items together: exact counts by sparse products."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.errors import InputError

Codes = NDArray[np.intp]
Counts = NDArray[np.int64]
_Found = tuple[Codes, Counts]
"""Itemsets of one length: (itemsets, length) and (itemsets,)."""

LINES_A_BLOCK = 2**21
"""Lines (a basket and an item) that are multiplied at once: some tens of MiB."""


@dataclass(frozen=True)
class Itemsets:
    """Itemsets of one length, each once."""

    items: Codes
    """(itemsets, length) columns of the table, rising in each row; rows in lexical order."""
    count: Counts
    """(itemsets,) how many baskets hold all of them."""


def pair_counts(table: csr_array) -> Counts:
    """How many baskets hold both items, (items, items); on the diagonal those that hold the item.

    `table` is (baskets, items), and every value but 0 says that the basket holds the item, once or more. Beyond
    the table and the result, the memory does not grow with the number of baskets: blocks of baskets are counted
    one after the other.
    """
    counts = np.zeros((table.shape[1], table.shape[1]), dtype=np.int64)
    for first, last in pairwise(_edges(table)):
        counts += _together(_held(table[first:last]))
    return counts


def itemsets(table: csr_array, min_count: int, max_len: int | None = None) -> list[Itemsets]:
    """The itemsets that `min_count` baskets or more hold, by length from 1 up to `max_len`; no length is empty.

    `table` is as for `pair_counts`. An itemset is looked for only in the baskets with its rarest item, and there
    only among the commoner items that pair often enough with it; the same goes on within those baskets:
    conditional tables, as in FP-growth (Han, Pei and Yin 2000, Mining frequent patterns without candidate
    generation), but counted pairwise. The memory is that of a few copies of the table and of the itemsets. Raises
    `InputError` for a `min_count` or `max_len` below 1.
    """
    if min_count < 1 or (max_len is not None and max_len < 1):
        raise InputError(f"min_count ({min_count}) and max_len ({max_len}) must be 1 or more")
    held = _held(table)
    counts = np.bincount(held.indices, minlength=held.shape[1])
    frequent = np.flatnonzero(counts >= min_count)
    if not len(frequent):
        return []
    rising = frequent[np.argsort(counts[frequent], kind="stable")]
    longest = min(max_len or len(rising), len(rising))
    longer = _longer(held[:, rising], rising[:, None], min_count, longest)
    return _by_length([(frequent[:, None], counts[frequent]), *longer])


def _longer(held: csr_array, sets: Codes, min_count: int, longest: int) -> Iterator[_Found]:
    """Frequent unions of two or more of the `sets` (columns, length), all alike but for the last item.

    `held` (baskets, columns) tells which of the baskets with all of the alike hold each last item.
    """
    length = sets.shape[1] + 1
    if length > longest:
        return
    together = np.triu(_together(held), 1)
    first, second = np.nonzero(together >= min_count)
    if len(first):
        yield np.column_stack([sets[first], sets[second, -1]]), together[first, second].astype(np.int64)
    if length < longest:
        baskets = held.tocsc()
        for column in np.flatnonzero(np.bincount(first) > 1):
            within = baskets.indices[baskets.indptr[column] : baskets.indptr[column + 1]]
            partners = second[first == column]
            unions = np.column_stack([np.repeat(sets[[column]], len(partners), axis=0), sets[partners, -1]])
            yield from _longer(held[within][:, partners], unions, min_count, longest)


def _by_length(found: list[_Found]) -> list[Itemsets]:
    lengths = sorted({items.shape[1] for items, _count in found})
    return [_joined([each for each in found if each[0].shape[1] == length]) for length in lengths]


def _joined(found: list[_Found]) -> Itemsets:
    items = np.sort(np.concatenate([items for items, _count in found]), axis=1)
    count = np.concatenate([count for _items, count in found])
    order = np.lexsort(items.T[::-1])
    return Itemsets(items[order], count[order])


def _edges(table: csr_array) -> Codes:
    """Where blocks of baskets begin and end; each has `LINES_A_BLOCK` lines, or hardly more."""
    cuts = np.searchsorted(table.indptr, np.arange(0, table.nnz, LINES_A_BLOCK))
    return np.unique([0, *cuts, table.shape[0]])


def _held(table: csr_array) -> csr_array:
    """1 where the basket holds the item, once each: a copy."""
    held = table.astype(np.bool_)
    held.sum_duplicates()
    held.eliminate_zeros()
    return held.astype(np.int32)


def _together(held: csr_array) -> NDArray[np.int32]:
    return np.asarray((held.T @ held).toarray())
