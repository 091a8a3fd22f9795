"""The parts of a release: which version of each model it pins, and what their artifacts say."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import InputError
from training.registry import Version, champion_of, dataset_of, download_model, find_version, passed_gate

MODELS = ("churn", "cross_sell", "bundles")
"""The registered models that a release may pin, in its order."""


@dataclass(frozen=True)
class Part:
    """One pinned model: its version, whether it passed its own gate, and what its artifact holds.

    `dataset` is what it was learnt from, "" where that is not said. `scorer` is its registered pyfunc.
    """

    version: Version
    passed: bool
    dataset: str
    description: Mapping[str, Any]
    golden: Mapping[str, Any]
    checksum: str
    scorer: Any

    @property
    def name(self) -> str:
        """Of the model."""
        return self.version.model

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.name} {self.version.number}"

    def as_json(self) -> dict[str, str]:
        """As `release.json` lists it."""
        return {
            "name": self.name,
            "version": str(self.version.number),
            "run_id": self.version.run_id,
            "fingerprint": self.description["fingerprint"],
            "checksum": self.checksum,
        }


def pins(pinned: Mapping[str, int], without: Collection[str]) -> list[Version]:
    """The pinned version of each model or else its champion; models `without` and those that have none stay out.

    Raises `InputError` when that leaves nothing to release, and for a pinned version that does not exist.
    """
    if both := sorted({*pinned}.intersection(without)):
        raise InputError(f"{both[0]} is pinned and left out at once: take one of the two options away")
    wanted = [name for name in MODELS if name not in without]
    found = [find_version(name, pinned[name]) if name in pinned else champion_of(name) for name in wanted]
    chosen = [version for version in found if version is not None]
    if not chosen:
        raise InputError(
            f"there is nothing to release, since none of {', '.join(wanted) or 'no models'} has a champion: train "
            "and promote one first with python -m training churn, cross-sell or bundles, then promote"
        )
    return chosen


def open_part(version: Version, folder: Path) -> Part:
    """The part that a version is, downloaded into a new folder. Raises `InputError` when it cannot be loaded."""
    artifact, scorer = download_model(version, folder)
    return Part(
        version,
        passed_gate(version),
        dataset_of(version),
        description=json.loads((artifact / "model.json").read_text(encoding="utf-8")),
        golden=json.loads((artifact / "golden.json").read_text(encoding="utf-8")),
        checksum=hashlib.sha256((artifact / "checksums.json").read_bytes()).hexdigest(),
        scorer=scorer,
    )
