"""Exactly the expected files, each as it was when its checksum was taken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.churn.artifact import PARTS
from serving.scoring.artifact import ModelError, verified
from tests.serving.files import write_checksums
from tests.serving.tiny import write_artifact


@pytest.mark.parametrize("name", PARTS)
def test_one_changed_byte_in_any_file_is_refused(tmp_path: Path, name: str) -> None:
    path = write_artifact(tmp_path / "churn") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} in .* was altered"):
        verified(tmp_path / "churn", PARTS)


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
        verified(folder, PARTS)


def test_a_missing_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="python -m serving pull"):
        verified(tmp_path / "churn", PARTS)
