"""Small stand-ins that keep the contracts of the real things."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from features.store import (
    CandidateInfo,
    CandidateRows,
    HabitRows,
    PopularItem,
    StoredCandidates,
    StoredCustomer,
    StoredHabits,
    StoredItem,
    StoredProfile,
    StoreError,
    StoreInfo,
)
from features.store.acceptance import (
    accept_candidates,
    accept_customer,
    accept_habit_items,
    accept_habits,
    accept_info,
    accept_items,
    accept_popular,
    accept_profile,
)

Kept = TypeVar("Kept", StoredCustomer, StoredCandidates, StoredHabits, StoredProfile)


class MemoryStore:
    """An online store in dicts."""

    def __init__(
        self,
        info: StoreInfo,
        rows: Iterable[tuple[str, bool, NDArray[np.float64]]],
        candidates: CandidateRows | None = None,
        habits: HabitRows | None = None,
        *,
        profiles: Iterable[tuple[str, StoredProfile]] | None = None,
    ) -> None:
        accept_info(info)
        if (info.candidates is None) is not (candidates is None):
            raise StoreError("candidates and their description belong together")
        if (info.bundles is None) is not (habits is None):
            raise StoreError("habits and their description belong together")
        self._info = info
        self._items: tuple[StoredItem, ...] = ()
        self._popular: Mapping[str, tuple[PopularItem, ...]] = {"": ()}
        self._customers = _once(
            ((customer_id, self._customer(customer_id, row, inside)) for customer_id, inside, row in rows),
            info.customers,
        )
        self._candidates: Mapping[str, StoredCandidates] = {}
        if info.candidates is not None and candidates is not None:
            self._take(info.candidates, candidates)
        self._habit_items: tuple[str, ...] = ()
        self._habits: Mapping[str, StoredHabits] = {}
        if info.bundles is not None and habits is not None:
            self._take_habits(info.bundles.customers, habits)
        self._profiles: Mapping[str, StoredProfile] = {}
        if profiles is not None:
            kept = ((customer_id, self._profile(customer_id, row)) for customer_id, row in profiles)
            self._profiles = _once(kept, info.customers)

    @property
    def info(self) -> StoreInfo:
        return self._info

    @property
    def items(self) -> tuple[StoredItem, ...]:
        return self._items

    def get(self, customer_id: str) -> StoredCustomer | None:
        return self._customers.get(customer_id)

    def ids(self) -> Iterator[str]:
        return iter(sorted(self._customers))

    def profile(self, customer_id: str) -> StoredProfile | None:
        return self._profiles.get(customer_id)

    def candidates(self, customer_id: str) -> StoredCandidates | None:
        return self._candidates.get(customer_id)

    def popular(self, segment: str) -> tuple[PopularItem, ...]:
        return self._popular.get(segment, self._popular[""])

    @property
    def habit_items(self) -> tuple[str, ...]:
        return self._habit_items

    def habits(self, customer_id: str) -> StoredHabits | None:
        return self._habits.get(customer_id)

    def close(self) -> None:
        """Nothing to let go of."""

    def _customer(self, customer_id: str, row: NDArray[np.float64], inside: bool) -> StoredCustomer:  # noqa: FBT001 - a field of the row
        customer = StoredCustomer(_frozen(row, np.float64), inside)
        accept_customer(customer_id, customer, len(self._info.names))
        return customer

    def _take(self, info: CandidateInfo, candidates: CandidateRows) -> None:
        accept_items(candidates.items, len(info.item_names))
        accept_popular(candidates.popular, len(candidates.items))
        self._items = tuple(
            StoredItem(one.item, one.name, one.parent, _frozen(one.features, np.float64))
            for one in candidates.items
        )
        self._popular = {segment: tuple(ones) for segment, ones in candidates.popular.items()}
        self._candidates = _once(
            ((customer_id, self._row(customer_id, row, info)) for customer_id, row in candidates.rows),
            info.customers,
        )

    def _row(self, customer_id: str, row: StoredCandidates, info: CandidateInfo) -> StoredCandidates:
        accept_candidates(customer_id, row, info, len(self._items))
        return StoredCandidates(
            _frozen(row.items, np.int32),
            _frozen(row.because, np.int32),
            _frozen(row.pairs, np.float64),
            _frozen(row.customer, np.float64),
            row.segment,
        )

    def _take_habits(self, announced: int, habits: HabitRows) -> None:
        accept_habit_items(habits.items)
        self._habit_items = tuple(habits.items)
        kept = ((customer_id, self._habit(customer_id, row)) for customer_id, row in habits.rows)
        self._habits = _once(kept, announced, least=0)

    def _habit(self, customer_id: str, row: StoredHabits) -> StoredHabits:
        accept_habits(customer_id, row, len(self._habit_items))
        return StoredHabits(_frozen(row.items, np.int32), _frozen(row.share, np.float64))

    def _profile(self, customer_id: str, profile: StoredProfile) -> StoredProfile:
        accept_profile(customer_id, profile, len(self._items))
        return replace(profile, bought=_frozen(profile.bought, np.int32))


def _once(rows: Iterable[tuple[str, Kept]], announced: int, least: int = 1) -> dict[str, Kept]:
    """By id, each once, as many as announced and at least `least`."""
    taken: dict[str, Kept] = {}
    for customer_id, row in rows:
        if customer_id in taken:
            raise StoreError(f"{customer_id!a} comes twice")
        taken[customer_id] = row
    if len(taken) < least or len(taken) != announced:
        raise StoreError(f"{len(taken)} rows instead of {announced}")
    return taken


Number = TypeVar("Number", np.float64, np.int32)


def _frozen(values: NDArray[Number], kind: type[Number]) -> NDArray[Number]:
    """A copy that nobody writes to, like the arrays of a file."""
    copy = np.array(values, dtype=kind)
    copy.flags.writeable = False
    return copy
