import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from features.errors import InputError
from serving.ledger import read_secret
from serving.ledger.secret import keyed_hash


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    secret = read_secret(path)
    assert len(secret) == 32
    assert read_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret"]
    assert read_secret(tmp_path / "another") != secret


def test_many_who_start_at_once_get_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        secrets = set(threads.map(lambda _: read_secret(tmp_path / "secret"), range(16)))
    assert len(secrets) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(InputError, match="has 5 bytes instead of 32: restore it from a backup"):
        read_secret(tmp_path / "secret")


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "secret"):
        with pytest.raises(InputError, match=r"the secret file .* cannot be read or made"):
            read_secret(path)


def test_a_hash_depends_on_secret_purpose_and_text() -> None:
    # echo -n 'customer\0ann' | openssl dgst -sha256 -hmac key
    assert keyed_hash(b"key", "customer", "ann") == (
        "95d80ea0c31b3ba9c6508a6163b3d206e3861fc8c88241572562d00ab216e345"
    )
    hashes = {
        keyed_hash(*parts)
        for parts in [(b"a", "b", "c"), (b"d", "b", "c"), (b"a", "d", "c"), (b"a", "b", "d")]
    }
    assert len(hashes) == 4
    assert len(keyed_hash(b"key", "customer", "half \ud83d")) == 64
