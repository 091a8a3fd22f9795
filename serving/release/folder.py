"""The release folder: pulled releases side by side, and one pointer that says which of them is live.

The file `current` holds the name of the live folder and is replaced at once. A folder such as
`release-7-5f0c...` is what one pull brought and never changes: `pulled.json` says which version it is, `release`
is its artifact, and each model's artifact lies in a folder of the model's name.
"""

import re
import shutil
import uuid
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
KEPT = 2
"""Folders that stay after a switch: the live one and the one before it, for a way back."""


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
    live = root / _named(root)
    if not live.is_dir():
        raise ModelError(f"{root / CURRENT} names no release beside it: run python -m serving pull")
    return live


def kept_folder(root: Path) -> Path:
    """The newest folder beside the live one, which may be gone. Raises `ModelError` when there is none."""
    live = _named(root)
    kept = [folder for folder in _pulled_folders(root) if folder.name != live]
    if not kept:
        raise ModelError(f"there is no release beside {root / live}")
    return kept[-1]


def _named(root: Path) -> str:
    try:
        with (root / CURRENT).open("rb") as pointer:
            name = pointer.read(LONGEST).decode().strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise ModelError(f"there is no release in {root}: fetch one with python -m serving pull") from fault
    if NAME.fullmatch(name) is None:
        raise ModelError(f"{root / CURRENT} names no release beside it: run python -m serving pull")
    return name


def read_pulled(folder: Path) -> Pulled:
    """What `pulled.json` says. Raises `ModelError` when it is missing or garbled."""
    try:
        return Pulled.model_validate_json((folder / PULLED).read_bytes())
    except (OSError, ValueError) as fault:
        raise ModelError(f"{PULLED} in {folder} cannot be read: run python -m serving pull") from fault


def write_pulled(folder: Path, pulled: Pulled) -> None:
    """Say what lies in a folder."""
    (folder / PULLED).write_text(pulled.model_dump_json(indent=2))


def switch(root: Path, staged: Path) -> Path:
    """Make the staged folder the live one at once, tidy older ones away and return where it lies now.

    Half of a file, left by a failure of the machine, shows in its checksum; the pointer is on the disk first.
    """
    folder = root / f"release-{read_pulled(staged).version}-{uuid.uuid4().hex}"
    staged.rename(folder)
    with whole_file(root / CURRENT) as pointer:
        pointer.write(f"{folder.name}\n".encode())
    _tidy(root)
    return folder


def _tidy(root: Path) -> None:
    for folder in _pulled_folders(root)[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _pulled_folders(root: Path) -> list[Path]:
    """What was pulled, the newest last."""
    folders = [path for path in root.iterdir() if (path / PULLED).is_file()]
    return sorted(folders, key=lambda folder: folder.stat().st_mtime_ns)
