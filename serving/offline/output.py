"""The file that a command was asked for: whole or not there, and one sentence where it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from features.errors import InputError
from serving.whole_file import whole_file


@contextmanager
def output(path: Path, name: str) -> Iterator[BinaryIO]:
    """An open file that is at `path` once the block ends, on the disk; after any failure nothing has changed.

    Raises `InputError`, with the `name` of what is written, for a folder and where it cannot be written.
    """
    if path.is_dir():
        raise InputError(f"the {name} {path} is a folder: name a file in it")
    try:
        with whole_file(path) as file:
            yield file
    except OSError as fault:
        raise InputError(
            f"the {name} {path} cannot be written ({fault.strerror or fault}): name another place"
        ) from fault
