"""A moment with what was known at it and what was bought in the horizon after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.columns import Column
from features.errors import InputError
from features.labels import purchased
from features.pairs import PairRows, PairSet, PairSnapshot
from features.tables import Tables

KINDS = ("all", "repeat", "new")
"""Whose purchases a ranking is judged by: every item, those bought before, those new to the customer."""


@dataclass(frozen=True)
class Period:
    """One moment of the past, with its truth."""

    snapshot: PairSnapshot
    truth: csr_array
    """(customers, items) 1.0 where the customer buys the item within the horizon."""
    unforeseen: int
    """Purchases in the horizon of items that nobody had bought before, or by customers without a history."""

    @cached_property
    def repeat(self) -> csr_array:
        """(customers, items) 1.0 where the item is a repeat purchase: bought within `new_after_days`."""
        return self.snapshot.lines.bought(self.snapshot.pairs.cross_sell.new_after_days)

    def targets(self, kind: str) -> csr_array:
        """The purchases of one kind, (customers, items)."""
        if kind == "all":
            return self.truth
        again = csr_array(self.truth.multiply(self.repeat))
        return again if kind == "repeat" else csr_array(self.truth - again)

    def allowed(self, kind: str, customers: NDArray[np.intp]) -> NDArray[np.bool_] | None:
        """(rows, items) which items a list of this kind may hold for these customers; None for every item."""
        if kind == "all":
            return None
        before = self.repeat[customers].toarray() > 0
        return before if kind == "repeat" else ~before

    def parents(self, known: Mapping[str, str]) -> NDArray[np.str_]:
        """(items,) the category of each item, empty where none is known."""
        return np.array([known.get(str(item), "") for item in self.snapshot.items], dtype=np.str_)

    def bought(self, rows: PairRows) -> NDArray[np.float64]:
        """(n,) 1.0 for the candidates that their customers buy."""
        truth = self.truth[rows.customer, rows.item]
        return np.asarray(truth.toarray() if hasattr(truth, "toarray") else truth, dtype=np.float64).ravel()


def period(tables: Tables, pairs: PairSet, as_of: datetime) -> Period:
    """What was known at `as_of`, and what was bought within the horizon after it.

    Raises `InputError` when no item of the level was bought before.
    """
    snapshot = PairSnapshot(tables, pairs, as_of)
    if len(snapshot.items) == 0:
        level = pairs.cross_sell.item_level
        raise InputError(
            f"nothing that was bought before {as_of:%Y-%m-%d} has a {level}, so there is nothing to learn from: "
            f"fill {level} for older products in [tables.items], or leave older transactions out"
        )
    found = purchased(tables, pairs.cross_sell, as_of).to_pyarrow()
    customer = _places(snapshot.customers, np.asarray(found[Column.CUSTOMER].to_pylist(), dtype=np.str_))
    item = _places(snapshot.items, np.asarray(found[Column.ITEM].to_pylist(), dtype=np.str_))
    known = (customer >= 0) & (item >= 0)
    shape = snapshot.lines.shape
    truth = csr_array((np.ones(known.sum()), (customer[known], item[known])), shape=shape)
    return Period(snapshot, truth, int((~known).sum()))


def _places(known: NDArray[np.str_], wanted: NDArray[np.str_]) -> NDArray[np.intp]:
    """Where each id stands among the sorted known ones, -1 where it is none of them."""
    if len(known) == 0:
        return np.full(len(wanted), -1)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1)
