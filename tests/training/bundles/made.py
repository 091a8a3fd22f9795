"""Baskets from a few rows written by hand."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from features.baskets import Baskets, LeftOut

Row = tuple[str, float, Sequence[str]]
"""Customer, age in days, items."""


def made(rows: Sequence[Row], items: Sequence[str] = ()) -> Baskets:
    """One store and one week for all; `items` are kept, bought or not."""
    catalogue = sorted({*items, *(item for *_, held in rows for item in held)})
    customers = sorted({customer for customer, *_ in rows})
    places = [sorted(catalogue.index(item) for item in set(held)) for *_, held in rows]
    starts = np.cumsum([0, *map(len, places)])
    indices = np.array([place for held in places for place in held], dtype=np.int32)
    return Baskets(
        items=np.array(catalogue),
        customers=np.array(customers),
        table=csr_array((np.ones(starts[-1]), indices, starts), shape=(len(rows), len(catalogue))),
        customer=np.array([customers.index(customer) for customer, *_ in rows], dtype=np.int32),
        age=np.array([age for _, age, _ in rows], dtype=np.float64),
        oldest=np.array([age for _, age, _ in rows], dtype=np.float64),
        cell=np.zeros(len(rows), dtype=np.int32),
        stratum=np.zeros(1, dtype=np.int32),
        promoted=None,
        left_out=LeftOut(0, 0, 0),
    )
