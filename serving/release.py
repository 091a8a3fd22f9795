"""The release folder: verified models side by side, and one pointer that says which of them is live.

The file `current` holds the name of the live folder and is replaced at once. A folder such as
`churn-3-5f0c...` is what one pull brought and never changes: `release.json` says which version, `churn/` is
the model's artifact.
"""

import shutil
import uuid
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from serving.artifact import ModelError

CURRENT = "current"
KEPT = 2
"""Folders that stay after a switch: the live one and the one before it, for a way back."""


class Release(BaseModel):
    """`release.json`: the registered model version behind a folder; `pulled_at` is UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    version: str
    run_id: str | None
    alias: str
    pulled_at: datetime


def live_folder(root: Path) -> Path:
    """The folder that the pointer names. Raises `ModelError` when nothing was pulled or it is broken."""
    try:
        name = (root / CURRENT).read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise ModelError(
            f"there is no model in {root}: fetch the champion with python -m serving pull"
        ) from fault
    folder = root / name
    if not name or folder.parent != root or not folder.is_dir():
        raise ModelError(f"{root / CURRENT} names no folder beside it: run python -m serving pull")
    return folder


def read_release(folder: Path) -> Release:
    """What `release.json` says. Raises `ModelError` when it is missing or garbled."""
    try:
        return Release.model_validate_json((folder / "release.json").read_bytes())
    except (OSError, ValueError) as fault:
        raise ModelError(f"release.json in {folder} cannot be read: run python -m serving pull") from fault


def switch(root: Path, staged: Path, release: Release) -> Path:
    """Make the staged folder the live one at once, tidy older ones away and return where it lies now."""
    (staged / "release.json").write_text(release.model_dump_json(indent=2))
    folder = root / f"{release.model}-{release.version}-{uuid.uuid4().hex}"
    staged.rename(folder)
    pointer = root / f".{CURRENT}.{uuid.uuid4().hex}.tmp"
    pointer.write_text(f"{folder.name}\n")
    pointer.replace(root / CURRENT)
    _tidy(root)
    return folder


def _tidy(root: Path) -> None:
    folders = [path for path in root.iterdir() if (path / "release.json").is_file()]
    folders.sort(key=lambda folder: folder.stat().st_mtime_ns)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder)
