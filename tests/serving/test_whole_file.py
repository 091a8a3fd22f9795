import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.whole_file import PRIVATE, keep_first, whole_file


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with whole_file(path) as file:
        file.write(b"new, and longer")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new, and longer"
    assert list(tmp_path.iterdir()) == [path]


def test_after_a_fault_nothing_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]  # what raises
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_take_its_place_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def refuse(*_: Path) -> None:
        raise OSError

    with pytest.raises(OSError), whole_file(path, settle=refuse) as file:  # noqa: PT011 - it says nothing
        file.write(b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_synced_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def of_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files)
    with whole_file(tmp_path / "file") as file:
        file.write(b"new")
    assert (tmp_path / "file").read_text() == "new"


def test_a_private_file_was_never_anything_else(tmp_path: Path) -> None:
    with whole_file(tmp_path / "deep" / "file", PRIVATE) as file:
        [draft] = (tmp_path / "deep").iterdir()
        assert stat.S_IMODE(draft.stat().st_mode) == PRIVATE
        file.write(b"secret")
    assert stat.S_IMODE((tmp_path / "deep" / "file").stat().st_mode) == PRIVATE


def test_of_many_writers_the_first_ones_file_stays_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def write(number: int) -> bytes:
        with whole_file(path, settle=keep_first) as file:
            file.write(b"%d" % number)
        return path.read_bytes()

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(write, range(16)))) == 1
    assert list(tmp_path.iterdir()) == [path]
