"""What a customer is used to buying, as the bundle model takes it."""

from collections.abc import Sequence

import numpy as np

from features.store import OnlineStore
from serving.scoring.arrays import Floats

_NONE = -1


class Habits:
    """The habits of a store's customers, over `items` at a level; of a store of another level none are known."""

    def __init__(self, store: OnlineStore, item_level: str, items: Sequence[str]) -> None:
        stored = store.info.bundles
        code = {item: code for code, item in enumerate(items)}
        self._fit = stored is not None and stored.item_level == item_level
        self._codes = np.array([code.get(item, _NONE) for item in store.habit_items], dtype=np.intp)
        self._store = store
        self._items = len(items)

    def own(self, customer_id: str) -> Floats | None:
        """The share of the customer's baskets with each item (items,), None when nothing of theirs is known.

        Raises `StoreError` when the store cannot be read.
        """
        stored = self._store.habits(customer_id) if self._fit else None
        if stored is None:
            return None
        codes = self._codes[stored.items]
        known = codes != _NONE
        if not known.any():
            return None
        own = np.zeros(self._items)
        own[codes[known]] = stored.share[known]
        return own
