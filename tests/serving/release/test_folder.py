"""One pointer says what is live."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.live.models import load_live
from serving.release import CURRENT, PULLED, kept_folder, live_folder, read_pulled, switch, write_pulled
from serving.scoring.artifact import ModelError
from tests.serving.tiny import release_into


def test_the_switched_release_is_the_live_one(tmp_path: Path) -> None:
    folder = release_into(tmp_path, "3")
    assert live_folder(tmp_path) == folder
    assert read_pulled(folder).version == "3"
    assert folder.name.startswith("release-3-")


def test_a_switch_keeps_the_release_before_it_and_no_older_one(tmp_path: Path) -> None:
    folders = [release_into(tmp_path, str(version)) for version in range(1, 6)]
    left = {path for path in tmp_path.iterdir() if path.is_dir()}
    assert left == set(folders[-2:])
    assert live_folder(tmp_path) == folders[-1]
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {CURRENT}


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (root / CURRENT).unlink(),
        lambda root: (root / CURRENT).write_text(""),
        lambda root: (root / CURRENT).write_text("release-9-nowhere"),
        lambda root: (root / CURRENT).write_text("../elsewhere"),
        lambda root: (root / CURRENT).write_text("."),
        lambda root: (root / CURRENT).write_text(".."),
        lambda root: (root / "elsewhere").mkdir() or (root / CURRENT).write_text("elsewhere"),
        lambda root: (root / CURRENT).write_bytes(b"\xff\xfe"),
    ],
    ids=["missing", "empty", "dangling", "outside", "itself", "above", "other", "garbage"],
)
def test_a_broken_pointer_says_what_to_run(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    (tmp_path / "elsewhere").mkdir()
    root = tmp_path / "release"
    release_into(root, "3")
    damage(root)
    with pytest.raises(ModelError, match="python -m serving pull"):
        live_folder(root)


def test_of_a_pointer_no_more_is_read_and_told_than_a_name_needs(tmp_path: Path) -> None:
    release_into(tmp_path, "3")
    (tmp_path / CURRENT).write_text("x" * 1_000_000)
    with pytest.raises(ModelError) as refused:
        live_folder(tmp_path)
    assert len(str(refused.value)) < len(str(tmp_path)) + 100


def test_the_release_before_the_live_one_is_kept(tmp_path: Path) -> None:
    before = release_into(tmp_path, "3")
    with pytest.raises(ModelError, match="no release is kept beside"):
        kept_folder(tmp_path)
    live = release_into(tmp_path, "4")
    assert kept_folder(tmp_path) == before
    shutil.rmtree(live)
    assert kept_folder(tmp_path) == before


def test_what_is_brought_anew_takes_no_place_from_the_release_before(tmp_path: Path) -> None:
    before = release_into(tmp_path, "3")
    live = [release_into(tmp_path, "4") for _ in range(3)][-1]
    assert (live_folder(tmp_path), kept_folder(tmp_path)) == (live, before)


def test_what_is_not_whole_is_not_kept(tmp_path: Path) -> None:
    before, broken = release_into(tmp_path, "3"), release_into(tmp_path, "4")
    staged = shutil.copytree(broken, tmp_path / "staged")
    write_pulled(staged, read_pulled(broken).model_copy(update={"version": "5"}))
    live = switch(tmp_path, staged, lambda folder: folder != broken)
    assert (live_folder(tmp_path), kept_folder(tmp_path)) == (live, before)
    assert not broken.exists()


def test_a_clock_that_was_set_back_removes_nothing_that_is_live(tmp_path: Path) -> None:
    for version in ("1", "2"):
        os.utime(release_into(tmp_path, version), (2e9, 2e9))
    live = release_into(tmp_path, "3")
    assert live_folder(tmp_path) == live


def test_nothing_that_no_pull_has_brought_is_touched(tmp_path: Path) -> None:
    mine = shutil.copytree(release_into(tmp_path, "1"), tmp_path / "backup")
    for version in ("2", "3", "4"):
        release_into(tmp_path, version)
    assert mine.is_dir()


def test_a_pointer_that_cannot_be_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    live = release_into(tmp_path, "1")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        release_into(tmp_path, "2")
    assert live_folder(tmp_path) == live
    assert {path for path in tmp_path.iterdir() if path.is_dir()} == {live}


PULLED_FILE = '"version": "7", "run_id": null, "replaces": null, "alias": "a"'
AT = '"pulled_at": "2026-01-03T00:00:00Z"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        f"{{{PULLED_FILE}}}",
        f'{{{PULLED_FILE}, {AT}, "surprise": 1}}',
        f"{{{PULLED_FILE.replace('7', '../7')}, {AT}}}",
    ],
    ids=["empty", "nothing", "no-time", "surprise", "no-number"],
)
def test_a_garbled_file_says_what_to_run(tmp_path: Path, text: str) -> None:
    folder = release_into(tmp_path, "3")
    (folder / PULLED).write_text(text)
    with pytest.raises(ModelError, match="python -m serving pull"):
        load_live(tmp_path)
