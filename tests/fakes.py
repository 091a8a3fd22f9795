"""Small stand-ins that keep the contracts of the real things."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from features.store import StoredCustomer, StoreError, StoreInfo


class MemoryStore:
    """An online store in a dict."""

    def __init__(self, info: StoreInfo, rows: Iterable[tuple[str, bool, NDArray[np.float64]]]) -> None:
        self._info = info
        self._customers: dict[str, StoredCustomer] = {}
        for customer_id, in_population, features in rows:
            self._add(customer_id, StoredCustomer(np.array(features, dtype=np.float64), in_population))
        if not self._customers or len(self._customers) != info.customers:
            raise StoreError(f"{len(self._customers)} customers instead of {info.customers}")

    @property
    def info(self) -> StoreInfo:
        return self._info

    def get(self, customer_id: str) -> StoredCustomer | None:
        return self._customers.get(customer_id)

    def close(self) -> None:
        """Nothing to let go of."""

    def _add(self, customer_id: str, customer: StoredCustomer) -> None:
        width = (len(self._info.names),)
        is_text = customer_id and customer_id.encode(errors="ignore").decode() == customer_id
        if not is_text or customer_id in self._customers:
            raise StoreError(f"{customer_id!a} is empty, doubled or no text")
        if customer.features.shape != width or np.isinf(customer.features).any():
            raise StoreError(f"{customer_id!a} needs {width} finite or unknown values")
        self._customers[customer_id] = customer
