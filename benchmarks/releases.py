"""A release of models that no registry knows, written by those who write the real ones."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from serving.release import ARTIFACT, Pulled, switch, write_pulled
from training.registry import Version
from training.release.artifact import FinalRelease, write_artifact
from training.release.golden import GoldenCustomers
from training.release.parts import MODELS, Part
from training.release.rules import Rules, read_rules

_SERVING = Path(__file__).parents[1] / "serving"
SHIPPED = _SERVING / "catalogue.toml", _SERVING / "policy.toml"


def go_live(root: Path, staged: Path, features: str, rules: Rules | None = None) -> Path:
    """Make a release of the model folders in `staged`, each called by its model, the live one; its folder.

    Its golden customers are the golden rows of the models, its rules the shipped ones unless others are given.
    `features` is the fingerprint of the store's customer features.
    """
    parts = [_part(name, staged / name) for name in MODELS if (staged / name).is_dir()]
    golden = {part.name: _golden(part.golden) for part in parts if part.name != "bundles"}
    now = datetime.now(UTC)
    final = FinalRelease(parts, rules or read_rules(*SHIPPED), golden, features, now)
    write_artifact(staged / ARTIFACT, final)
    write_pulled(staged, Pulled(version="1", run_id=None, replaces=None, alias="champion", pulled_at=now))
    return switch(root, staged)


def _part(name: str, folder: Path) -> Part:
    return Part(
        Version(name, 1, "made up"),
        passed=True,
        dataset="",
        description=json.loads((folder / "model.json").read_bytes()),
        golden=json.loads((folder / "golden.json").read_bytes()),
        checksum=hashlib.sha256((folder / "checksums.json").read_bytes()).hexdigest(),
        scorer=None,
    )


def _golden(golden: Any) -> GoldenCustomers:  # noqa: ANN401 - JSON
    rows, probabilities = (np.array(golden[name], dtype=np.float64) for name in ("rows", "probabilities"))
    return GoldenCustomers(rows, golden.get("parents"), probabilities)
