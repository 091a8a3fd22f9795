"""What the artifacts of all models share: golden rows, and a folder of files with a checksum each.

`docs/artifact.md` says what stands in the files; `artifact.py` of each model's package fills them.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.arrays import Floats

if TYPE_CHECKING:
    import lightgbm

SCHEMA = 1
"""Version of the format."""


def quantile_rows(rows: Floats, count: int) -> Floats:
    """(count, k) made-up rows: each feature of `rows` (n, k) at evenly spaced quantiles, 0 where it is unknown."""
    known = np.isfinite(rows).any(axis=0)
    filled = np.where(known, rows, 0.0)
    return np.asarray(np.nanquantile(filled, np.linspace(0, 1, count), axis=0))


def unknown_row(features: int) -> Floats:
    """(1, features) the row of which nothing is known."""
    return np.full((1, features), np.nan)


def listed(rows: Floats) -> list[list[float | None]]:
    """The rows as JSON has them, null for unknown."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in rows]


def write_folder(
    folder: Path,
    booster: "lightgbm.Booster",
    description: object,
    features: Sequence[dict[str, object]],
    golden: object,
) -> Path:
    """Write the artifact into a new folder and return the folder; every file is named in `checksums.json`.

    Raises `ValueError` for numbers that are not finite.
    """
    folder.mkdir(parents=True)
    (folder / "booster.txt").write_text(booster.model_to_string(), encoding="utf-8")
    write_json(folder / "model.json", description)
    write_json(folder / "features.json", features)
    write_json(folder / "golden.json", golden)
    return seal(folder)


def seal(folder: Path) -> Path:
    """Name every file of the folder with its SHA-256 in `checksums.json`, the last file; returns the folder."""
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
    write_json(folder / "checksums.json", sums)
    return folder


def write_json(path: Path, content: object) -> None:
    """Write one file of the artifact. Raises `ValueError` for numbers that are not finite."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
