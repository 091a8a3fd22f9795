"""The newest whole version of something that lies on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from features.errors import InputError

T = TypeVar("T")


class Newest(Generic[T]):
    """Holds what was loaded last; `seen` says what it would be made from now, `load` makes it."""

    def __init__(self, seen: Callable[[], object], load: Callable[[], T]) -> None:
        self.value: T | None = None
        self._seen = seen
        self._load = load
        self._made_from: object = None

    def refresh(self) -> str | None:
        """Load again when what is seen has changed; returns why that failed, and keeps the older value then."""
        seen = self._seen()
        if self.value is not None and seen == self._made_from:
            return None
        try:
            self.value, self._made_from = self._load(), seen
        except (InputError, OSError) as fault:
            return str(fault)
        return None


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Identity of a file, taken before it is read: at worst it is read once too often."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
