"""Nothing is unpickled: what somebody crafted into a release is refused before it is read."""

import hashlib
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Never

import lightgbm
import numpy as np
import pytest

from features.errors import InputError
from serving.live.models import load_live, load_models
from serving.release import live_folder
from tests.serving.bundles.tiny import release_into
from tests.serving.files import write_checksums

_WATCHED: list[str] | None = None


def _watch(event: str, found: tuple[object, ...]) -> None:
    if _WATCHED is None:
        return
    if event == "open" and isinstance(found[0], str | bytes | os.PathLike):
        _WATCHED.append(os.fsdecode(found[0]))
    elif event == "pickle.find_class":
        _WATCHED.append("a class for a pickle")


sys.addaudithook(_watch)


@contextmanager
def watching() -> Iterator[list[str]]:
    """Every file that is opened in the block, and every class that a pickle asks for."""
    global _WATCHED  # noqa: PLW0603 - an audit hook stays for ever, so that it has to be told when to look
    _WATCHED = []
    try:
        yield _WATCHED
    finally:
        _WATCHED = None


class Evil:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.getenv, ("PATH",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole release."""
    release_into(tmp_path / "release", "1")
    found = live_folder(tmp_path / "release")
    assert load_models(found).rules is not None
    return found


@pytest.mark.parametrize("name", ["evil.pkl", "python_model.pkl", "evil.joblib", "evil"])
@pytest.mark.parametrize("place", [".", "release", "churn", "cross_sell", "bundles"])
def test_a_file_that_is_no_part_is_never_opened(folder: Path, place: str, name: str) -> None:
    crafted = folder / place / name
    crafted.write_bytes(pickle.dumps(Evil()))
    with watching() as opened, pytest.raises(InputError, match=name):
        load_models(folder)
    assert str(crafted) not in opened
    assert "a class for a pickle" not in opened


@pytest.mark.parametrize("place", ["release/policy.toml", "churn/booster.txt", "bundles/weights.npy"])
def test_a_link_in_the_place_of_a_file_is_not_followed(folder: Path, place: str, tmp_path: Path) -> None:
    elsewhere = (folder / place).rename(tmp_path / "elsewhere")
    (folder / place).symlink_to(elsewhere)
    with watching() as opened, pytest.raises(InputError, match="no plain file"):
        load_models(folder)
    assert str(folder / place) not in opened


@pytest.mark.parametrize("place", ["release", "churn"])
def test_a_link_in_the_place_of_a_folder_is_not_followed(folder: Path, place: str, tmp_path: Path) -> None:
    elsewhere = (folder / place).rename(tmp_path / "elsewhere")
    (folder / place).symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(InputError, match="python -m serving pull"):
        load_models(folder)


@pytest.mark.parametrize(
    "said",
    [
        {"catalogue": "../churn/model.json"},
        {"catalogue": "/etc/passwd"},
        {"policy": "../../policy.toml"},
        {"models": [{"name": "../churn"}]},
        {"models": [{"name": "churn", "version": "../1"}]},
        {"models": [{"name": "churn", "checksum": "../checksums.json"}]},
        {"schema": 2},
        {"python_model": "evil.pkl"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, said: dict[str, Any]) -> None:
    path = folder / "release" / "release.json"
    written = json.loads(path.read_text())
    if "models" in said:
        written["models"][0] |= said["models"][0]
    else:
        written |= said
    path.write_text(json.dumps(written))
    (folder / "release" / "checksums.json").unlink()
    write_checksums(folder / "release")
    with watching() as opened, pytest.raises(InputError, match="no format that this service reads"):
        load_models(folder)
    inside = {str(one) for one in (folder / "release").iterdir()}
    assert {one for one in opened if str(folder.parent) in one} <= inside


def test_checksums_of_files_elsewhere_are_refused(folder: Path) -> None:
    sums = folder / "churn" / "checksums.json"
    written = json.loads(sums.read_text())
    sums.write_text(json.dumps({f"../churn/{name}": value for name, value in written.items()}))
    with pytest.raises(InputError, match="is not the churn"):
        load_models(folder)


@pytest.mark.parametrize(
    "place",
    [
        *(f"release/{name}" for name in ("release.json", "golden.json", "catalogue.toml", "policy.toml")),
        *(f"churn/{name}" for name in ("booster.txt", "model.json", "features.json", "golden.json")),
        *(f"bundles/{name}" for name in ("weights.npy", "rules.npy", "items.json")),
        "cross_sell/checksums.json",
    ],
)
def test_one_changed_byte_is_found_before_anything_is_parsed(
    folder: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Never:
        raise AssertionError("a model was parsed")

    monkeypatch.setattr(lightgbm, "Booster", refuse)
    monkeypatch.setattr(np, "frombuffer", refuse)
    content = bytearray((folder / place).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / place).write_bytes(content)
    with pytest.raises(InputError, match=r"its checksum differs|is not the|no JSON"):
        load_models(folder)


def test_an_array_of_objects_is_refused_without_unpickling_it(folder: Path) -> None:
    """Its checksums are right, as those of somebody who may write to the registry would be."""
    np.save(folder / "bundles" / "weights.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    (folder / "bundles" / "checksums.json").unlink()
    write_checksums(folder / "bundles")
    pin(folder, "bundles")
    with watching() as opened, pytest.raises(InputError, match="holds object instead of"):
        load_live(folder.parent)
    assert "a class for a pickle" not in opened


def pin(folder: Path, name: str) -> None:
    """Let the release pin what lies in the folder of a model now."""
    path = folder / "release" / "release.json"
    written = json.loads(path.read_text())
    checksum = hashlib.sha256((folder / name / "checksums.json").read_bytes()).hexdigest()
    for one in written["models"]:
        one["checksum"] = checksum if one["name"] == name else one["checksum"]
    path.write_text(json.dumps(written))
    (folder / "release" / "checksums.json").unlink()
    write_checksums(folder / "release")
