"""How a file is written so that nobody ever reads half of it: beside its place, onto the disk, then there."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

Settle = Callable[[Path, Path], None]
"""What a whole draft is put at its place with."""
READABLE = 0o666
"""As the process may, which its umask says."""
PRIVATE = 0o600
"""For its owner alone."""


def keep_first(draft: Path, path: Path) -> None:
    """Leave the file that is already at `path`: of many writers the first one's stays, for all of them."""
    with suppress(FileExistsError):
        path.hardlink_to(draft)


@contextmanager
def whole_file(path: Path, mode: int = READABLE, settle: Settle = os.replace) -> Iterator[BinaryIO]:
    """An open file that is at `path` once the block ends, its content on the disk.

    After a fault nothing has changed. Its permissions are `mode` from the first byte on. Raises `OSError` when it
    cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        settle(draft, path)
        _sync(path.parent)
    finally:
        with suppress(OSError):
            draft.unlink()


def _sync(folder: Path) -> None:
    """The name on the disk as well, where the folder may be read and its file system can do so."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
