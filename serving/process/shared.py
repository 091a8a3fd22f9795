"""What the workers of one run share besides their socket: a folder, in memory where there is one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "next-best-offer-"
HELD = "held"
"""A file of the folder that is locked for as long as the run goes on."""


@contextmanager
def shared_folder(under: Path | None = None) -> Iterator[Path]:
    """A new folder, gone with the block; those that runs left which were killed go as well."""
    place = under or _memory() or Path(tempfile.gettempdir())
    _sweep(place)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as name:
        folder = Path(name)
        with (folder / HELD).open("wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield folder


def _memory() -> Path | None:
    """Where files are in memory, if anywhere: a disk that is full under a mapped file kills who writes to it."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder inside it has a name that nobody guesses
    return memory if os.access(memory, os.W_OK) else None


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        if not _is_held(folder / HELD):
            shutil.rmtree(folder, ignore_errors=True)


def _is_held(file: Path) -> bool:
    """Whether its run goes on, has just begun, or is somebody else's."""
    try:
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
