"""What each customer is used to buying as of a moment, as an online store keeps it."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import numpy as np

from features.affinity import basket_serials
from features.dataset import Bundles
from features.interactions import Floats, Interactions, interactions
from features.item_level import at_item_level, require_item_level
from features.snapshot import history
from features.store import BundleInfo, HabitRows, StoredHabits
from features.tables import Tables

DAYS = 365
"""How long habits look back; a year holds every season once."""


class Habits:
    """The shares of each customer's baskets of the last `DAYS` days that hold an item of the declared level.

    A basket is as in `features.baskets`, of any size. Customers without one in those days have no habits. Raises
    `InputError` when the items table cannot give the level.
    """

    def __init__(self, tables: Tables, declared: Bundles, as_of: datetime) -> None:
        require_item_level(tables, declared.item_level)
        past = at_item_level(history(tables, as_of), declared.item_level)
        self._level = declared.item_level
        self._lines = interactions(past)
        self._counts = self._lines.counts(DAYS)
        self._buyers = np.flatnonzero(np.diff(self._counts.indptr))

    @property
    def info(self) -> BundleInfo:
        """What the habits are about, and how many customers have some."""
        return BundleInfo(self._level, len(self._buyers))

    def content(self) -> HabitRows:
        """All that a store keeps of them; the rows can be read once."""
        return HabitRows(self._lines.items.tolist(), self._rows())

    def _rows(self) -> Iterator[tuple[str, StoredHabits]]:
        ends = self._counts.indptr
        share = self._counts.data / np.repeat(_recent_baskets(self._lines), np.diff(ends))
        parts = list(pairwise(ends.tolist()))
        for place in self._buyers.tolist():
            part = slice(*parts[place])
            items = self._counts.indices[part].astype(np.int32)
            yield str(self._lines.customers[place]), StoredHabits(items, share[part])


def _recent_baskets(lines: Interactions) -> Floats:
    """(customers,) how many baskets each had in the last `DAYS` days."""
    recent = lines.age < DAYS
    _serials, first = np.unique(basket_serials(lines)[recent], return_index=True)
    customer = lines.customer[recent][first]
    return np.bincount(customer, minlength=len(lines.customers)).astype(np.float64)
