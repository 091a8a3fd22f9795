"""How a whole file takes the place of another: at once, and on disk before it does."""

import fcntl
import glob
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A place to write a file at that shall take the one at `path`; nothing stays there after the block.

    What somebody left there who was killed goes first: it may hold customers who are erased since.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _among_writers(path):
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """While the block runs nobody else who asks for the same replaces the file at `path`, in any process.

    A file that is not there cannot be held: then the block just runs. Whoever is killed lets go.
    """
    descriptor = _held(path)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def replace(temporary: Path, path: Path) -> None:
    """Put the file at `temporary`, once it is on disk, at `path`."""
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def _held(path: Path) -> int | None:
    """An open descriptor that holds the file, which nobody replaced while we waited; None where there is none."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR)  # a lock over NFS needs to be one of a writer
        except FileNotFoundError:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)


@contextmanager
def _among_writers(path: Path) -> Iterator[None]:
    """Writers hold the folder together: who holds it alone is the only one, and whatever was begun is nobody's.

    A folder that cannot be held alone, as over NFS, is left as it is.
    """
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
                left.unlink(missing_ok=True)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
