"""Nothing of an artifact is parsed before all of it was verified."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.artifact import PARTS, ModelError, read_artifact
from tests.serving.tiny import NAMES, Change, write_artifact, write_checksums


def test_a_whole_artifact_is_read(artifact: Path) -> None:
    read = read_artifact(artifact)
    assert read.description.features == NAMES
    assert [feature.unit for feature in read.features] == ["days", "count", "money", "ratio"]
    assert read.booster.startswith("tree\n")


@pytest.mark.parametrize("name", PARTS)
def test_one_changed_byte_in_any_file_is_refused(tmp_path: Path, name: str) -> None:
    path = write_artifact(tmp_path / "churn") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} in .* was altered"):
        read_artifact(tmp_path / "churn")


def test_an_altered_file_is_not_parsed(tmp_path: Path) -> None:
    """A truncated booster would end the process inside LightGBM; a pickle would run code."""
    folder = write_artifact(tmp_path / "churn")
    (folder / "booster.txt").write_bytes((folder / "booster.txt").read_bytes()[:500])
    with pytest.raises(ModelError, match=r"booster\.txt in .* was altered"):
        read_artifact(folder)


def drop(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def add(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"cos\nsystem\n(S'true'\ntR.")


def add_with_checksum(name: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        add(name)(folder)
        write_checksums(folder)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *[(drop(name), f"missing {name}") for name in (*PARTS, "checksums.json")],
        (add("model.pkl"), "unexpected model.pkl"),
        (add_with_checksum("model.pkl"), "unexpected model.pkl"),
        (lambda folder: (folder / "checksums.json").write_text("{"), "is no JSON"),
        (lambda folder: (folder / "checksums.json").write_text("[]"), "does not name exactly"),
        (
            lambda folder: (folder / "checksums.json").write_text('{"model.json": "0"}'),
            "does not name exactly",
        ),
        (lambda folder: (folder / "checksums.json").write_bytes(b"\xff\xfe\xfa"), "is no JSON"),
    ],
)
def test_a_missing_or_extra_file_is_refused(
    tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    folder = write_artifact(tmp_path / "churn")
    change(folder)
    with pytest.raises(ModelError, match=message):
        read_artifact(folder)


def test_a_missing_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="python -m serving pull"):
        read_artifact(tmp_path / "churn")


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
