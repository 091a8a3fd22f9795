"""The release folder: verified models side by side, and one pointer that says which of them are live.

The file `current` holds the name of the live folder and is replaced at once. A folder such as
`churn-3-cross_sell-2-5f0c...` is what one pull brought and never changes: `release.json` says which versions,
and each model's artifact lies in a folder of its name.
"""

import shutil
import uuid
from datetime import datetime
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.artifact import ModelError

CURRENT = "current"
KEPT = 2
"""Folders that stay after a switch: the live one and the one before it, for a way back."""

ModelName = Literal["churn", "cross_sell", "bundles"]
NAMES: tuple[ModelName, ...] = get_args(ModelName)
"""The registered models that this service can answer with."""


class ReleasedModel(BaseModel):
    """The registered version behind one model of a release."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ModelName
    version: str
    run_id: str | None


class Release(BaseModel):
    """`release.json`: the models that go live together, each once; `pulled_at` is UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[ReleasedModel, ...] = Field(min_length=1)
    alias: str
    pulled_at: datetime

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len({model.name for model in self.models}) != len(self.models):
            raise ValueError("a model is named twice")
        return self


def live_folder(root: Path) -> Path:
    """The folder that the pointer names. Raises `ModelError` when nothing was pulled or it is broken."""
    try:
        name = (root / CURRENT).read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise ModelError(
            f"there is no model in {root}: fetch the champions with python -m serving pull"
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
    versions = "-".join(f"{model.name}-{model.version}" for model in release.models)
    folder = root / f"{versions}-{uuid.uuid4().hex}"
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
