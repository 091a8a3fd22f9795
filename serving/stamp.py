"""Whether a file is another one than before."""

import os
from pathlib import Path

Stamp = tuple[int, int, int, int, int]


def stamp(path: Path) -> Stamp | None:
    """Identity of a file and its content, taken before it is read: at worst it is read once too often.

    Who may read it is part of it, so that a file which could not be read is tried again when it may be.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, for keys on every request
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_mode
