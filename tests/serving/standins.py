"""What stands in for a disk, or for time, where a test needs none."""

import asyncio
from collections.abc import Iterator, Mapping

from features.store import (
    PopularItem,
    StoredCandidates,
    StoredCustomer,
    StoredHabits,
    StoredItem,
    StoredProfile,
    StoreInfo,
)
from serving.live.watch import Watch
from tests.serving.bundles.tiny import FULL_INFO, HABIT_ITEMS
from tests.serving.cross_sell.tiny import ITEMS


class NoDisk(Watch):
    """The watch of a service whose store is in memory: nothing newer appears, nobody is in a file."""

    def __init__(self) -> None:
        """Watches nothing."""

    async def forever(self) -> None:
        await asyncio.Event().wait()

    def forget(self, _: str, /) -> Mapping[str, int]:
        return {}

    def close(self) -> None:
        """Nothing is open."""


class BrokenStore:
    """A store that raises whenever it is asked."""

    info: StoreInfo = FULL_INFO
    items: tuple[StoredItem, ...] = ITEMS
    habit_items: tuple[str, ...] = HABIT_ITEMS

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def get(self, _: str, /) -> StoredCustomer | None:
        raise self._fault

    def ids(self) -> Iterator[str]:
        raise self._fault

    def profile(self, _: str, /) -> StoredProfile | None:
        raise self._fault

    def candidates(self, _: str, /) -> StoredCandidates | None:
        raise self._fault

    def popular(self, _: str, /) -> tuple[PopularItem, ...]:
        raise self._fault

    def habits(self, _: str, /) -> StoredHabits | None:
        raise self._fault

    def close(self) -> None:
        """Nothing to let go of."""


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now
