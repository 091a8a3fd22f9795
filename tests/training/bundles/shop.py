"""Small tables of baskets, written by hand."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from features.baskets import Baskets, LeftOut


def shop(
    *held: str,
    customers: str = "",
    cells: Sequence[int] = (),
    strata: Sequence[int] = (0,),
    promoted: Sequence[str] | None = None,
) -> Baskets:
    """Baskets of items of one letter, in the order given.

    `customers` has a letter for each basket, `cells` a number; one customer and one cell if not told. `strata`
    has the stratum of each cell, and `promoted` the items that are promoted in it.
    """
    items = sorted(set("".join(held)))
    buyers = sorted(set(customers or "x"))
    return Baskets(
        items=np.array(items),
        customers=np.array(buyers),
        table=_table(held, items),
        customer=np.array([buyers.index(one) for one in customers or "x" * len(held)], dtype=np.int32),
        age=np.ones(len(held)),
        oldest=np.ones(len(held)),
        cell=np.array(cells or [0] * len(held), dtype=np.int32),
        stratum=np.array(strata, dtype=np.int32),
        promoted=None if promoted is None else _table(promoted, items),
        left_out=LeftOut(0, 0, 0),
    )


def _table(held: Sequence[str], items: list[str]) -> csr_array:
    return csr_array(np.array([[float(item in one) for item in items] for one in held]))
