"""The artifact holds what docs/releases.md says, and nothing else."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.store import SqliteStore
from training.release.artifact import FinalRelease, write_artifact
from training.release.golden import golden_customers
from training.release.parts import Part
from training.release.rules import Rules

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"`(.+?)`")


@pytest.fixture
def final(parts: Mapping[str, Part], rules: Rules, store: SqliteStore) -> FinalRelease:
    golden = {name: golden_customers(parts[name], store) for name in ("churn", "cross_sell")}
    moment = datetime(2026, 11, 25, 23, 0, 0, 123, tzinfo=UTC)
    return FinalRelease([*parts.values()], rules, golden, "f1", moment)


def test_it_holds_the_documented_files_and_a_checksum_of_each(final: FinalRelease, tmp_path: Path) -> None:
    folder = write_artifact(tmp_path / "release", final)
    sums = json.loads((folder / "checksums.json").read_text())
    assert sorted(sums) == ["catalogue.toml", "golden.json", "policy.toml", "release.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*sums, "checksums.json"])
    for name, expected in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_the_description_pins_models_rules_and_features(final: FinalRelease, tmp_path: Path) -> None:
    told = json.loads((write_artifact(tmp_path / "release", final) / "release.json").read_text())
    assert told == {
        "schema": 1,
        "models": [part.as_json() for part in final.parts],
        "catalogue": "catalogue.toml",
        "policy": "policy.toml",
        "rules": final.rules.digest,
        "features": "f1",
        "assembled_at": "2026-11-25T23:00:00Z",
    }


def test_golden_customers_stand_beside_it_by_model(final: FinalRelease, tmp_path: Path) -> None:
    told = json.loads((write_artifact(tmp_path / "release", final) / "golden.json").read_text())
    assert told == {name: golden.as_json() for name, golden in final.golden.items()}


def test_every_file_and_key_is_documented(final: FinalRelease, tmp_path: Path) -> None:
    folder = write_artifact(tmp_path / "release", final)
    _, told = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8").split("## The artifact")
    cells = re.findall(r"^\| (`.+?) \|", told, re.MULTILINE)
    names = {path.name for path in folder.iterdir()} | json.loads(
        (folder / "release.json").read_text()
    ).keys()
    assert names == {*CODE.findall(" ".join(cells))} - {"catalogue.csv"}


def test_a_folder_is_never_overwritten(final: FinalRelease, tmp_path: Path) -> None:
    write_artifact(tmp_path / "release", final)
    with pytest.raises(FileExistsError):
        write_artifact(tmp_path / "release", final)
