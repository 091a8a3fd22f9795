"""What a command writes is there whole, or one sentence says why not and all is as before."""

import errno
from pathlib import Path

import pytest

from features.errors import InputError
from serving.offline.output import output


def test_it_is_there_at_the_end_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with output(path, "list") as file:
        file.write(b"whole")
        assert not path.exists()
    assert [(one, one.read_bytes()) for one in path.parent.iterdir()] == [(path, b"whole")]


def failing(path: Path, fault: Exception) -> None:
    with output(path, "list") as file:
        file.write(b"half")
        raise fault


def test_a_failure_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"older")
    with pytest.raises(KeyError):
        failing(path, KeyError())
    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"older")]


def test_a_folder_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"^the list {tmp_path} is a folder: name a file in it$"):
        failing(tmp_path, AssertionError())


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"^the list .*file/x cannot be written \(.*\): name another place$"):
        failing(tmp_path / "file" / "x", AssertionError())


def test_a_disk_that_fills_up_is_one_sentence(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(
        InputError, match=r"cannot be written \(No space left on device\): name another place$"
    ):
        failing(tmp_path / "file", full)
    assert list(tmp_path.iterdir()) == []
