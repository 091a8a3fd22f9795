"""Nothing of an artifact is parsed before all of it was verified."""

from pathlib import Path
from typing import Any

import pytest

from serving.cross_sell.artifact import MEANT, PARTS, read_artifact
from serving.scoring.artifact import ModelError
from tests.serving.cross_sell.tiny import NAMES, write_artifact
from tests.serving.tiny import Change


def test_a_whole_artifact_is_read(cross_sell_artifact: Path) -> None:
    read = read_artifact(cross_sell_artifact)
    assert read.description.features == NAMES
    assert read.description.shrinkage.priors["DAIRY"].new == 0.1
    assert read.booster.startswith("tree\n")


@pytest.mark.parametrize("name", PARTS)
def test_an_altered_file_is_not_parsed(tmp_path: Path, name: str) -> None:
    path = write_artifact(tmp_path / "cross_sell") / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelError, match=f"{name} in .* was altered"):
        read_artifact(tmp_path / "cross_sell")


def put(name: str, key: str, value: object) -> Change:
    """`key` may be dotted."""

    def change(files: dict[str, Any]) -> None:
        *path, last = key.split(".")
        part = files[name]
        for step in path:
            part = part[step]
        part[last] = value

    return change


def without(name: str) -> Change:
    """Consistent in itself, but for the meaning that is gone."""

    def change(files: dict[str, Any]) -> None:
        place = NAMES.index(name)
        files["model.json"]["features"][place] = "other"
        files["features.json"][place]["name"] = "other"

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("model.json", "schema", 2), "schema"),
        (put("model.json", "kind", "churn"), "kind"),
        (put("model.json", "surprise", 1), "surprise"),
        (put("model.json", "item_level", ""), "item_level"),
        (put("model.json", "horizon_days", 0), "horizon_days"),
        (put("model.json", "new_after_days", 0), "new_after_days"),
        (put("model.json", "labelled_through", None), "labelled_through"),
        (put("model.json", "linear.new.scale", [1.0] * (len(NAMES) - 1)), "a linear part needs one coeff"),
        (put("model.json", "linear.repeat.scale", [0.0] * len(NAMES)), "a linear part needs one coeff"),
        (put("model.json", "linear.repeat.center", [0.0]), "a linear part needs one coeff"),
        (put("model.json", "linear", {}), r"linear\.repeat"),
        (put("model.json", "calibration.new.slope", 0), r"calibration\.new\.slope"),
        (put("model.json", "calibration.repeat.intercept", float("nan")), r"calibration\.repeat\.intercept"),
        (put("model.json", "shrinkage.strength", 0), r"shrinkage\.strength"),
        (put("model.json", "shrinkage.default.new", 1.1), r"shrinkage\.default\.new"),
        (put("model.json", "shrinkage.priors.DAIRY", {"repeat": 0.1}), r"shrinkage\.priors\.DAIRY\.new"),
        (put("model.json", "evidence.min_visit_days", -1), r"evidence\.min_visit_days"),
        (put("golden.json", "parents", ["DAIRY"]), "every row needs one of the parents"),
        (put("golden.json", "probabilities", [0.5]), f"every row needs {len(NAMES)} values"),
        (put("golden.json", "rows", [[1, 2]] * 7), f"every row needs {len(NAMES)} values"),
        (lambda files: files["features.json"].reverse(), r"features\.json .* in another order"),
        *[(without(name), f"features lacks {name}") for name in MEANT],
    ],
)
def test_a_contradiction_is_refused_with_its_place(tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_artifact(write_artifact(tmp_path / "cross_sell", change))
