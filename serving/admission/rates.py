"""How often each key calls, held to its rate over all workers of a machine."""

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.keys.key import PLACES

SECOND = 1_000_000_000
"""In nanoseconds; after a pause a key may make the calls of a whole second at once."""
_DUE = struct.Struct("<q")


class Rates:
    """The moment when each key's calls are worked off at its rate (GCRA), in memory that all workers map.

    `path` is a file of `make_rates`; without one the memory is of this process alone. The clock has to be one of
    the whole machine.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = None if path is None else os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._due = mmap.mmap(-1 if self._file is None else self._file, PLACES * _DUE.size)

    def take(self, place: int, rate: int, at: int | None = None) -> bool:
        """Whether the key at this place may call now, at most `rate` times a second; then the call is counted.

        `at` are the nanoseconds of a clock that is set by hand.
        """
        start = place % PLACES * _DUE.size
        now = time.monotonic_ns() if at is None else at
        with self._alone(start):
            (due,) = _DUE.unpack_from(self._due, start)
            later: int = max(due, now) + SECOND // rate
            if later > now + SECOND:
                return False
            _DUE.pack_into(self._due, start, later)
            return True

    @contextmanager
    def _alone(self, start: int) -> Iterator[None]:
        """Hold one place: a worker that is killed lets go of it."""
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX, _DUE.size, start)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _DUE.size, start)


def make_rates(path: Path) -> None:
    """A file in which nobody has called yet."""
    path.write_bytes(bytes(PLACES * _DUE.size))
