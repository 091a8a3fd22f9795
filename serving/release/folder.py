"""The release folder: pulled releases side by side, and one pointer that says which of them is live.

The file `current` holds the name of the live folder, and on a second line that of the one before it, for a way
back; it is replaced at once. A folder such as `release-7-5f0c...` is what one pull brought and never changes:
`pulled.json` says which version it is, `release` is its artifact, and each model's artifact lies in a folder of
the model's name.
"""

import re
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from serving.release.artifact import ModelName, VersionNumber
from serving.scoring.artifact import ModelError
from serving.whole_file import whole_file

CURRENT = "current"
PULLED = "pulled.json"
ARTIFACT = "release"
NAME = re.compile(r"release-[1-9][0-9]*-[0-9a-f]{32}")
"""Of a folder that `switch` made; the pointer may name nothing else."""
LONGEST = 200
"""Bytes that are read of the pointer."""


class Pulled(BaseModel):
    """`pulled.json`: which version of the release a pull brought, from where and when (UTC).

    `replaces` is the version that was the champion when this one became it; None for the first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: VersionNumber
    run_id: str | None
    replaces: str | None
    alias: str
    pulled_at: datetime


@dataclass(frozen=True)
class ReleasedModel:
    """The registered version behind one model, and the version of the release that it is part of."""

    name: ModelName
    version: str
    run_id: str | None
    release: str


@dataclass(frozen=True)
class Release:
    """What goes live together: the version that was pulled, and its models."""

    pulled: Pulled
    models: tuple[ReleasedModel, ...]

    @property
    def version(self) -> str:
        """Of the registered model `release`."""
        return self.pulled.version


def live_folder(root: Path) -> Path:
    """The folder that the pointer names. Raises `ModelError` when nothing was pulled or it is broken."""
    live = root / _named(root)[0]
    if not live.is_dir():
        raise ModelError(f"{root / CURRENT} names no release beside it: run python -m serving pull")
    return live


def kept_folder(root: Path) -> Path:
    """The folder that was live before, also where the live one is gone. Raises `ModelError` when there is none."""
    live, *kept = (root / name for name in _named(root))
    if not kept or not kept[0].is_dir():
        raise ModelError(f"no release is kept beside {live}")
    return kept[0]


def _named(root: Path) -> Sequence[str]:
    """The names in the pointer, at least one."""
    try:
        with (root / CURRENT).open("rb") as pointer:
            names = pointer.read(LONGEST).decode(errors="replace").split()
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise ModelError(f"there is no release in {root}: fetch one with python -m serving pull") from fault
    except OSError as fault:
        raise ModelError(
            f"{root / CURRENT} cannot be opened ({fault.strerror}): let the user of this process read the folder"
        ) from fault
    if not names or not all(map(NAME.fullmatch, names)):
        raise ModelError(f"{root / CURRENT} names no release beside it: run python -m serving pull")
    return names


def read_pulled(folder: Path) -> Pulled:
    """What `pulled.json` says. Raises `ModelError` when it is missing or garbled."""
    try:
        return Pulled.model_validate_json((folder / PULLED).read_bytes())
    except (OSError, ValueError) as fault:
        raise ModelError(f"{PULLED} in {folder} cannot be read: run python -m serving pull") from fault


def write_pulled(folder: Path, pulled: Pulled) -> None:
    """Say what lies in a folder."""
    (folder / PULLED).write_text(pulled.model_dump_json(indent=2))


def switch(root: Path, staged: Path, whole: Callable[[Path], bool] = Path.is_dir) -> Path:
    """Make the staged folder the live one at once, and return where it lies now.

    Of what was live and what was kept so far the first that is `whole`, and of another version, stays for a way
    back; all others go. After a failure the staged folder is gone and nothing has changed. Half of a file, left by
    a failure of the machine, shows in its checksum; the pointer is on the disk first.
    """
    version = read_pulled(staged).version
    kept = [folder for folder in _known(root) if whole(folder) and _version(folder) != version][:1]
    folder = root / f"release-{version}-{uuid.uuid4().hex}"
    staged.rename(folder)
    try:
        with whole_file(root / CURRENT) as pointer:
            pointer.write("".join(f"{one.name}\n" for one in (folder, *kept)).encode())
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _tidy(root, {folder, *kept})
    return folder


def _known(root: Path) -> Iterator[Path]:
    """What is live, and what is kept beside it."""
    for find in (live_folder, kept_folder):
        with suppress(ModelError, OSError):
            yield find(root)


def _version(folder: Path) -> str | None:
    try:
        return read_pulled(folder).version
    except ModelError:
        return None


def _tidy(root: Path, kept: Collection[Path]) -> None:
    """Remove what pulls have brought before; nothing else that lies there is touched."""
    for path in root.iterdir():
        if NAME.fullmatch(path.name) and path not in kept:
            shutil.rmtree(path, ignore_errors=True)
