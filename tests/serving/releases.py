"""Release folders as a pull leaves them, made of whatever model folders a test has written."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serving.release import ARTIFACT, NAMES, Pulled, switch, write_pulled
from serving.release.artifact import rules_digest
from tests.serving.files import write_files
from tests.serving.rules import CATALOGUE, POLICY

RELEASE = "7"
"""The version of a release that lies nowhere."""

Change = Callable[[dict[str, Any]], object]


def go_live(root: Path, staged: Path, version: str, change: Change = lambda _: None) -> Path:
    """Make a release of the model folders in `staged`, each called by its model, the live one; its folder.

    The models have the version of the release. `change` may alter any of the release's own files.
    """
    models: dict[str, Path] = {name: staged / name for name in NAMES if (staged / name).is_dir()}
    write_release(staged / ARTIFACT, models, dict.fromkeys(models, version), change)
    write_pulled(staged, pulled_as(version))
    return switch(root, staged)


def write_release(
    folder: Path, models: Mapping[str, Path], versions: Mapping[str, str], change: Change = lambda _: None
) -> Path:
    """The artifact of a release that pins these model folders; its golden customers are their golden rows.

    `change` may alter any file's content before the checksums are taken.
    """
    described = {name: _read(path / "model.json") for name, path in models.items()}
    files: dict[str, Any] = {
        "release.json": {
            "schema": 1,
            "models": [
                {
                    "name": name,
                    "version": versions[name],
                    "run_id": f"r{versions[name]}",
                    "fingerprint": described[name]["fingerprint"],
                    "checksum": hashlib.sha256((path / "checksums.json").read_bytes()).hexdigest(),
                }
                for name, path in models.items()
            ],
            "catalogue": "catalogue.toml",
            "policy": "policy.toml",
            "features": described["churn"]["fingerprint"] if "churn" in described else "f1",
            "assembled_at": "2026-01-02T23:00:00Z",
        },
        "catalogue.toml": CATALOGUE,
        "policy.toml": POLICY,
        "golden.json": {name: _read(models[name] / "golden.json") for name in models if name != "bundles"},
    }
    change(files)
    catalogue, policy = (files[files["release.json"][name]] for name in ("catalogue", "policy"))
    files["release.json"].setdefault("rules", rules_digest(catalogue.encode(), policy.encode()))
    return write_files(folder, files)


def pulled_as(version: str) -> Pulled:
    """What a pull says of a version."""
    replaced = int(version) - 1
    return Pulled(
        version=version,
        run_id=f"r{version}",
        replaces=str(replaced) if replaced else None,
        alias="champion",
        pulled_at=datetime(2026, 1, 3, tzinfo=UTC),
    )


def _read(path: Path) -> Any:  # noqa: ANN401 - whatever JSON holds
    return json.loads(path.read_text())
