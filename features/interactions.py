"""Who bought which item in which basket before a moment, as arrays: what affinities and rankings are made of."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.columns import Column
from features.definitions import DAY
from features.grains import BASKET_ITEM
from features.snapshot import History

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

    def sums(self, weight: NDArray[np.floating[Any]]) -> csr_array:
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
        return self.sums(np.exp(-self.age / days))


def interactions(past: History) -> Interactions:
    """The purchases of a history, without returns, as arrays.

    A customer's baskets are in the order of their times; those of one second in the order of their ids.
    """
    lines = past.roll_up(BASKET_ITEM)
    assert lines is not None, "features.dataset sees to it that there are transactions"
    columns = lines.select(Column.CUSTOMER, Column.BASKET, Column.ITEM, "age").to_pyarrow()
    return arranged(
        columns[Column.CUSTOMER],
        columns[Column.BASKET],
        columns[Column.ITEM],
        columns["age"].to_numpy() / DAY,
    )


def arranged(
    customer: pa.ChunkedArray, basket: pa.ChunkedArray, item: pa.ChunkedArray, age: Floats
) -> Interactions:
    """Interactions of lines in any order: ids as text, `age` (lines,) in days before the moment."""
    customers, of_customer = _coded(customer)
    items, of_item = _coded(item)
    _baskets, of_basket = _coded(basket)
    newest = _newest_line(of_customer, of_basket, age)
    order = np.lexsort((of_item, of_basket, newest, of_customer))
    starts = np.ones(len(order), dtype=bool)
    same = [values[order][1:] == values[order][:-1] for values in (of_customer, of_basket)]
    starts[1:] = ~np.logical_and(*same)
    serial = np.cumsum(starts) - 1
    first = np.searchsorted(of_customer[order], np.arange(len(customers)))
    rank = serial - serial[first][of_customer[order]]
    return Interactions(
        customers, items, of_customer[order], rank.astype(np.int32), of_item[order], age[order]
    )


def _newest_line(customer: Codes, basket: Codes, age: Floats) -> Floats:
    """Age of each line's basket: that of its newest line."""
    key = customer.astype(np.int64) * (int(basket.max(initial=0)) + 1) + basket
    _keys, place = np.unique(key, return_inverse=True)
    newest = np.full(place.max(initial=-1) + 1, np.inf)
    np.minimum.at(newest, place, age)
    return cast("Floats", newest[place])


def _coded(ids: pa.ChunkedArray) -> tuple[NDArray[Any], Codes]:
    """The sorted distinct ids, and the place of each id among them."""
    encoded = pc.dictionary_encode(ids).combine_chunks()
    names = np.asarray(encoded.dictionary.to_pylist(), dtype=np.str_)
    order = np.argsort(names)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return names[order], place[encoded.indices.to_numpy()]
