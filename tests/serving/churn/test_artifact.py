"""Nothing of an artifact is parsed before all of it was verified."""

from pathlib import Path
from typing import Any

import pytest

from serving.churn.artifact import read_artifact
from serving.scoring.artifact import ModelError
from tests.serving.tiny import NAMES, Change, write_artifact


def test_a_whole_artifact_is_read(artifact: Path) -> None:
    read = read_artifact(artifact)
    assert read.description.features == NAMES
    assert [feature.unit for feature in read.features] == ["days", "count", "money", "ratio"]
    assert read.booster.startswith("tree\n")


def test_an_altered_file_is_not_parsed(tmp_path: Path) -> None:
    """A truncated booster would end the process inside LightGBM; a pickle would run code."""
    folder = write_artifact(tmp_path / "churn")
    (folder / "booster.txt").write_bytes((folder / "booster.txt").read_bytes()[:500])
    with pytest.raises(ModelError, match=r"booster\.txt in .* was altered"):
        read_artifact(folder)


def put(name: str, key: str, value: object) -> Change:
    def change(files: dict[str, Any]) -> None:
        files[name][key] = value

    return change


def put_linear(key: str, value: object) -> Change:
    def change(files: dict[str, Any]) -> None:
        files["model.json"]["linear"][key] = value

    return change


def swap_features(files: dict[str, Any]) -> None:
    files["features.json"].reverse()


def whole(name: str, text: str) -> Change:
    return lambda files: files.update({name: text})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("model.json", "schema", 2), "schema"),
        (put("model.json", "kind", "cross-sell"), "kind"),
        (put("model.json", "surprise", 1), "surprise"),
        (put("model.json", "features", []), "features"),
        (put("model.json", "blend", 1.5), "blend"),
        (put("model.json", "bands", {"high": 0.2, "medium": 0.3}), "band medium starts above"),
        (put("model.json", "calibration", {"slope": -1, "intercept": 0}), "slope"),
        (put("model.json", "definition", {"kind": "inactivity"}), "active_days and horizon_days"),
        (put_linear("scale", [1, 1, 0, 1]), "scale"),
        (put_linear("center", [1, 1, 1]), "center"),
        (put_linear("intercept", float("nan")), "intercept"),
        (swap_features, r"features\.json .* in another order"),
        (put("golden.json", "probabilities", [0.5]), "every row needs 4 values"),
        (put("golden.json", "rows", []), "rows"),
        (put("golden.json", "rows", [[1, 2, 3]] * 6), "every row needs 4 values"),
        (whole("model.json", "{"), "no format that this service reads"),
        (whole("features.json", "{}"), "no format that this service reads"),
    ],
)
def test_a_contradiction_is_refused_with_its_place(tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_artifact(write_artifact(tmp_path / "churn", change))
