"""The file of keys: made for its owner, replaced whole, refused when it is not what it should be."""

import json
import multiprocessing
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.errors import InputError
from serving.keys.changes import Rights, create_key, revoke_key, rotate_key
from serving.keys.key import PLACES, hash_of, id_of
from serving.keys.key_file import MAX_BYTES, KeysError, MissingKeysError, change_keys, read_keys
from tests.serving.callers import TEXT, record_of, write_keys

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SHOP = Rights("shop", ("read", "decide"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "keys.json"


def test_only_the_hash_of_a_key_is_kept_in_a_file_of_its_owner(path: Path) -> None:
    text = create_key(path, SHOP, NOW)
    assert len(text) == len("nbo_") + 8 + 1 + 43
    (record,) = read_keys(path)
    assert (record.id, record.sha256) == (id_of(text), hash_of(text))
    assert text[13:] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_key_is_another_one(path: Path) -> None:
    texts = {create_key(path, SHOP, NOW) for _ in range(20)}
    assert len(texts) == 20
    assert [record.name for record in read_keys(path)] == ["shop"] * 20


def make_ten(path: Path) -> None:
    for _ in range(10):
        create_key(path, SHOP, NOW)


def test_commands_that_run_at_once_lose_no_key(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=make_ten, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len({record.id for record in read_keys(path)}) == 40
    assert sorted(one.name for one in path.parent.iterdir()) == [".keys.json.lock", "keys.json"]


def test_a_revoked_key_stays_in_its_place_with_the_moment_of_its_end(path: Path) -> None:
    first, second = create_key(path, SHOP, NOW), create_key(path, SHOP, NOW)
    revoke_key(path, id_of(first), NOW + timedelta(hours=1))
    revoke_key(path, id_of(first), NOW + timedelta(hours=2))
    assert [record.id for record in read_keys(path)] == [id_of(first), id_of(second)]
    assert [record.ends for record in read_keys(path)] == [NOW + timedelta(hours=1), None]


def test_a_rotated_key_gives_its_rights_and_its_span_to_the_new_one(path: Path) -> None:
    rights = Rights("shop", ("write",), rate=7, expires_at=NOW + timedelta(days=30))
    old = id_of(create_key(path, rights, NOW))
    later = NOW + timedelta(days=29)
    new = id_of(rotate_key(path, old, timedelta(hours=2), later))
    first, second = read_keys(path)
    assert (first.id, first.ends) == (old, later + timedelta(hours=2))
    assert (second.id, second.ends) == (new, later + timedelta(days=30))
    assert (second.name, second.scopes, second.rate) == ("shop", ("write",), 7)


@pytest.mark.parametrize("days", [None, 30])
def test_who_loses_the_new_text_rotates_again(path: Path, days: int | None) -> None:
    ends = None if days is None else NOW + timedelta(days=days)
    old = id_of(create_key(path, Rights("shop", ("read",), expires_at=ends), NOW))
    hour = timedelta(hours=1)
    for n in (1, 2):
        rotate_key(path, old, timedelta(hours=24), NOW + n * hour)
    first, *successors = read_keys(path)
    assert first.ends == NOW + 25 * hour
    spans = [None if one.ends is None else one.ends - one.created_at for one in successors]
    assert spans == [None if days is None else timedelta(days=days)] * 2


def test_a_key_that_leaves_may_be_revoked_at_once(path: Path) -> None:
    old = id_of(create_key(path, SHOP, NOW))
    rotate_key(path, old, timedelta(hours=24), NOW)
    revoke_key(path, old, NOW + timedelta(hours=1))
    assert read_keys(path)[0].ends == NOW + timedelta(hours=1)


def test_an_overlap_makes_no_key_last_longer(path: Path) -> None:
    ends = NOW + timedelta(hours=1)
    old = id_of(create_key(path, Rights("shop", ("read",), expires_at=ends), NOW))
    rotate_key(path, old, timedelta(hours=24), NOW)
    assert read_keys(path)[0].ends == ends


def test_what_is_no_key_any_more_is_not_replaced(path: Path) -> None:
    old = id_of(create_key(path, SHOP, NOW))
    revoke_key(path, old, NOW)
    before = path.read_bytes()
    with pytest.raises(InputError, match="no longer valid: make one with python -m serving keys create"):
        rotate_key(path, old, timedelta(0), NOW)
    with pytest.raises(InputError, match="there is no key other: python -m serving keys list"):
        revoke_key(path, "other", NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["", "x" * 65, "a/b", "a\nb", "a\x00"])
def test_a_name_that_would_spoil_a_list_is_refused(path: Path, name: str) -> None:
    with pytest.raises(InputError, match="the name of a key cannot be"):
        create_key(path, Rights(name, ("read",)), NOW)
    assert not path.exists()


def test_a_missing_file_says_what_makes_one(path: Path) -> None:
    with pytest.raises(MissingKeysError, match="python -m serving keys create"):
        read_keys(path)


VALID = record_of(TEXT).model_dump(mode="json")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([VALID], "is no JSON object"),
        ({}, "is no JSON object"),
        ({"keys": [{**VALID, "scopes": ["all"]}]}, r"keys\.0\.scopes\.0"),
        ({"keys": [{**VALID, "rates": 5}]}, r"keys\.0\.rates"),
        ({"keys": [{**VALID, "sha256": "x"}]}, r"keys\.0\.sha256"),
        ({"keys": [{**VALID, "expires_at": "2026-01-01T00:00:00"}]}, r"keys\.0\.expires_at"),
        ({"keys": [VALID, VALID]}, "two keys .* have the same id"),
    ],
)
def test_a_file_that_somebody_spoilt_is_refused_and_kept(path: Path, document: object, sentence: str) -> None:
    write_keys(path)
    path.write_text(json.dumps(document))
    with pytest.raises(KeysError, match=sentence):
        read_keys(path)
    with pytest.raises(KeysError, match=sentence):
        create_key(path, SHOP, NOW)
    assert json.loads(path.read_text()) == document


@pytest.mark.parametrize("content", [b"", b'{"keys": [', b"\xff", b'{"keys": ' + b"[" * 100_000])
def test_half_a_file_is_refused(path: Path, content: bytes) -> None:
    write_keys(path)
    path.write_bytes(content)
    with pytest.raises(KeysError, match="is no JSON object"):
        read_keys(path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(path: Path, mode: int) -> None:
    write_keys(path)
    path.chmod(mode)
    with pytest.raises(KeysError, match="others than its owner may write"):
        read_keys(path)


def test_a_file_that_others_may_read_holds_no_key_and_is_taken(path: Path) -> None:
    write_keys(path)
    path.chmod(0o644)
    assert len(read_keys(path)) == 1


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_change_leaves_the_file_to_its_owner_and_its_readers(
    path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    write_keys(path)
    path.chmod(mode)
    given = []
    monkeypatch.setattr("os.fchown", lambda _, user, group: given.append((user, group)))
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    create_key(path, SHOP, NOW)
    assert path.stat().st_mode & 0o777 == mode
    assert given == [(path.stat().st_uid, path.stat().st_gid)]


def test_a_new_lock_belongs_to_whom_the_keys_belong(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_keys(path)
    path.with_name(".keys.json.lock").unlink()
    given = []
    monkeypatch.setattr("os.fchown", lambda _, user, group: given.append((user, group)))
    create_key(path, SHOP, NOW)
    assert given == [(path.stat().st_uid, path.stat().st_gid)] * 2


def test_a_link_in_place_of_the_lock_leads_nowhere(path: Path) -> None:
    path.parent.mkdir()
    other = path.with_name("other")
    path.with_name(".keys.json.lock").symlink_to(other)
    with pytest.raises(KeysError, match="cannot be written"):
        create_key(path, SHOP, NOW)
    assert not other.exists()


def test_a_change_through_a_link_reaches_who_reads_the_file(path: Path) -> None:
    write_keys(path)
    link = path.with_name("link.json")
    link.symlink_to(path)
    revoke_key(link, id_of(TEXT), NOW)
    assert link.is_symlink()
    assert [record.revoked_at for record in read_keys(path)] == [NOW]


def test_links_that_lead_in_a_circle_are_one_sentence(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(path)
    with pytest.raises(KeysError, match="Too many levels of symbolic links"):
        create_key(path, SHOP, NOW)


def test_an_endless_file_is_refused_and_not_read(path: Path) -> None:
    write_keys(path)
    os.truncate(path, MAX_BYTES + 1)
    with pytest.raises(KeysError, match="has more than 8,388,608 bytes"):
        read_keys(path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_refused(path: Path, make: Callable[[Path], None]) -> None:
    path.parent.mkdir()
    make(path)
    with pytest.raises(KeysError, match=r"no regular file|Is a directory"):
        read_keys(path)


def test_there_are_no_more_keys_than_places_and_in_a_full_file_keys_still_end(path: Path) -> None:
    record = record_of(TEXT)
    longest = record.model_copy(update={"name": "ü" * 64, "expires_at": NOW, "revoked_at": NOW})
    write_keys(path, record, *(longest.model_copy(update={"id": f"{i:08}"}) for i in range(1, PLACES)))
    with pytest.raises(InputError, match="has 8,192 keys and room for 8,192: take those out of it"):
        create_key(path, SHOP, NOW)
    with pytest.raises(InputError, match="has 8,192 keys and room for 8,192: take those out of it"):
        rotate_key(path, record.id, timedelta(0), NOW)
    revoke_key(path, record.id, NOW)
    assert read_keys(path)[0].revoked_at == NOW


def test_a_change_that_fails_leaves_the_old_keys(path: Path) -> None:
    write_keys(path)
    before = path.read_bytes()

    def fail(_: object) -> list[object]:
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        change_keys(path, fail)  # type: ignore[arg-type]  # never returns
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysError, match="cannot be written"):
        create_key(tmp_path / "file" / "keys.json", SHOP, NOW)
