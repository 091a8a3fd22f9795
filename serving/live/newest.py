"""The newest whole version of something that lies on disk."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from features.errors import InputError

T = TypeVar("T")


class Newest(Generic[T]):
    """Holds what was loaded last; `seen` says what it would be made from now, `load` makes it.

    What could not be loaded is tried again, the same one after a rest of `rest` times as long as that took. Where
    nothing was ever loaded `instead` may make an older one, which goes on until a newer one is whole.
    """

    def __init__(
        self,
        seen: Callable[[], object],
        load: Callable[[], T],
        rest: float = 0.0,
        instead: Callable[[], T] | None = None,
    ) -> None:
        self.value: T | None = None
        self._seen = seen
        self._load = load
        self._rest = rest
        self._instead = instead
        self._made_from: object = None
        self._failed: _Failed | None = None

    def refresh(self) -> str | None:
        """Load again when what is seen has changed; returns why that failed, and keeps the older value then."""
        seen, began = self._seen(), time.monotonic()
        if self.value is not None and seen == self._made_from:
            return None
        if self._failed is not None and self._failed.seen == seen and began < self._failed.again:
            return self._failed.fault
        try:
            self.value, self._made_from, self._failed = self._load(), seen, None
        except (InputError, OSError) as fault:
            now = time.monotonic()
            self._failed = _Failed(seen, str(fault), now + self._rest * (now - began))
            if self.value is None and self._instead is not None:
                with suppress(InputError, OSError):
                    self.value = self._instead()
            return self._failed.fault
        return None


@dataclass(frozen=True)
class _Failed:
    """What could not be loaded, why, and the moment from which on it is tried again."""

    seen: object
    fault: str
    again: float
