"""Folders of a model's or a release's files, with their checksums."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np


def write_files(folder: Path, files: dict[str, Any]) -> Path:
    """Write the parts of any artifact, text and bytes as they are and the rest as JSON or npy, and checksums."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        if isinstance(content, np.ndarray):
            np.save(folder / name, content, allow_pickle=True)
        elif isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    write_checksums(folder)
    return folder


def write_checksums(folder: Path) -> None:
    """Take the checksums of whatever lies there."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "checksums.json")
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "checksums.json").write_text(json.dumps(sums))
