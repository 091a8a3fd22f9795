"""Which callers are let in, from one moment to the next."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.keys import key_file
from serving.keys import keyring as module
from serving.keys.changes import Rights, create_key, revoke_key, rotate_key
from serving.keys.key import id_of
from serving.keys.key_file import KeysError
from serving.keys.keyring import Keyring
from tests.serving.callers import TEXT, write_keys

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LogLines = Callable[[], list[dict[str, Any]]]


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def header(text: str) -> bytes:
    return f"Bearer {text}".encode()


def test_a_key_is_found_with_its_rights_and_its_place(path: Path) -> None:
    create_key(path, Rights("desk", ("admin",)), NOW)
    text = create_key(path, Rights("shop", ("read", "decide"), rate=7), NOW)
    found = Keyring(path).find(header(text))
    assert found is not None
    assert (found.id, found.name, found.rate, found.place) == (id_of(text), "shop", 7, 1)
    assert found.scopes == {"read", "decide"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_no_case(path: Path, scheme: str) -> None:
    write_keys(path)
    assert Keyring(path).find(f"{scheme} {TEXT}".encode()) is not None


@pytest.mark.parametrize("shown", [f"Bearer  {TEXT}", f"Bearer {TEXT}  "], ids=["before", "after"])
def test_spaces_around_a_key_are_no_part_of_it(path: Path, shown: str) -> None:
    write_keys(path)
    assert Keyring(path).find(shown.encode()) is not None


GARBLED = {
    "nothing": b"",
    "scheme alone": b"Bearer",
    "no key": b"Bearer ",
    "no scheme": TEXT.encode(),
    "another scheme": f"Basic {TEXT}".encode(),
    "another ending": header(TEXT[:-1] + "u"),
    "one letter more": header(TEXT + "t"),
    "one letter less": header(TEXT[:-1]),
    "unknown id": header(TEXT.replace("testtest", "somebody")),
    "id alone": header("nbo_testtest_"),
    "another prefix": header("xxx" + TEXT[3:]),
    "a space within": header(TEXT[:20] + " " + TEXT[20:]),
    "the hash": header("nbo_testtest_" + "0" * 64),
    "bytes": b"Bearer nbo_testtest_" + bytes(range(128, 171)),
    "endless": header("nbo_testtest_" + "t" * 100_000),
}


@pytest.mark.parametrize("shown", GARBLED.values(), ids=GARBLED)
def test_whatever_else_is_shown_is_nobody(path: Path, shown: bytes) -> None:
    write_keys(path)
    assert Keyring(path).find(shown) is None


def test_unknown_ids_are_hashed_and_compared_as_known_ones(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keys(path)
    ring, compared = Keyring(path), []

    def compare(shown: str, kept: str) -> bool:
        compared.append((len(shown), len(kept)))
        return shown == kept

    monkeypatch.setattr("hmac.compare_digest", compare)
    assert ring.find(header(TEXT)) is not None
    assert ring.find(header(TEXT[:-1] + "u")) is None
    assert ring.find(header(TEXT.replace("testtest", "somebody"))) is None
    assert compared == [(64, 64)] * 3


def test_a_key_ends_with_its_last_day_without_any_new_file(path: Path, clock: Watch) -> None:
    text = create_key(path, Rights("shop", ("read",), expires_at=NOW + timedelta(days=1)), NOW)
    ring = Keyring(path, clock)
    clock.at = NOW + timedelta(days=1, microseconds=-1)
    assert ring.find(header(text)) is not None
    clock.at = NOW + timedelta(days=1)
    assert ring.find(header(text)) is None


def test_a_revoked_key_is_out_with_the_next_call(path: Path) -> None:
    text = create_key(path, Rights("shop", ("read",)), NOW)
    rings = [Keyring(path), Keyring(path)]
    assert all(ring.find(header(text)) for ring in rings)
    revoke_key(path, id_of(text), NOW)
    assert not any(ring.find(header(text)) for ring in rings)


def test_both_keys_are_valid_while_they_overlap(path: Path, clock: Watch) -> None:
    old = create_key(path, Rights("shop", ("read",)), NOW)
    ring = Keyring(path, clock)
    new = rotate_key(path, id_of(old), timedelta(hours=24), NOW)
    assert ring.find(header(old)) is not None
    assert ring.find(header(new)) is not None
    clock.at = NOW + timedelta(hours=24)
    assert ring.find(header(old)) is None
    assert ring.find(header(new)) is not None


def test_without_a_file_nobody_is_let_in_until_there_is_one(path: Path, log_lines: LogLines) -> None:
    ring = Keyring(path)
    assert ring.find(header(TEXT)) is None
    assert ring.find(header(TEXT)) is None
    (line,) = log_lines()
    assert line["event"] == "keys-missing"
    assert "python -m serving keys create" in line["reason"]
    write_keys(path)
    assert ring.find(header(TEXT)) is not None


def test_a_broken_file_lets_nobody_in_and_says_so_once(path: Path, log_lines: LogLines) -> None:
    write_keys(path)
    ring, whole = Keyring(path), path.read_bytes()
    path.write_bytes(whole[:-20])
    assert ring.find(header(TEXT)) is None
    assert ring.find(header(TEXT)) is None
    assert [line["event"] for line in log_lines()] == ["keys-refused"]
    path.write_bytes(whole)
    assert ring.find(header(TEXT)) is not None


def test_a_change_of_the_mode_alone_is_seen(path: Path) -> None:
    write_keys(path)
    ring = Keyring(path)
    path.chmod(0o666)
    assert ring.find(header(TEXT)) is None
    path.chmod(0o600)
    assert ring.find(header(TEXT)) is not None


def test_a_pipe_in_place_of_the_file_lets_nobody_in_and_nobody_wait(path: Path, log_lines: LogLines) -> None:
    os.mkfifo(path, 0o600)
    assert Keyring(path).find(header(TEXT)) is None
    (line,) = log_lines()
    assert "no regular file" in line["reason"]


def test_a_file_of_another_user_lets_nobody_in(
    path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    write_keys(path)
    monkeypatch.setattr(key_file, "ROOT", -1)
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    assert Keyring(path).find(header(TEXT)) is None
    assert "belongs to another user" in log_lines()[0]["reason"]
    monkeypatch.setattr(key_file, "ROOT", path.stat().st_uid)
    assert Keyring(path).find(header(TEXT)) is not None


def test_a_file_that_is_removed_takes_every_key_with_it(path: Path) -> None:
    write_keys(path)
    ring = Keyring(path)
    path.unlink()
    assert ring.find(header(TEXT)) is None


def test_a_read_that_fails_by_chance_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_keys(path)

    def fail(_: Path) -> None:
        raise KeysError("the keys cannot be read") from OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(module, "read_keys", fail)
        ring = Keyring(path)
        assert ring.find(header(TEXT)) is None
    assert ring.find(header(TEXT)) is not None


def test_as_long_as_the_file_is_the_same_it_is_not_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keys(path)
    ring = Keyring(path)

    def refuse(_: Path) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(module, "read_keys", refuse)
    assert ring.find(header(TEXT)) is not None
    os.utime(path, ns=(1, 1))
    with pytest.raises(AssertionError, match="read again"):
        ring.find(header(TEXT))
