"""A key for tests that allows everything, and a ring that holds it."""

from datetime import UTC, datetime
from pathlib import Path

from serving.keys.key import SCOPES, Key, Scope, hash_of, id_of
from serving.keys.key_file import KeyRecord, change_keys
from serving.keys.keyring import Keyring, find_in, ring_of

TEXT = f"nbo_testtest_{'t' * 43}"
HEADER = {"authorization": f"Bearer {TEXT}"}
"""What a caller with that key sends."""


def record_of(text: str, *scopes: Scope, rate: int = 1_000_000) -> KeyRecord:
    """The key with this text, at rest."""
    return KeyRecord(
        id=id_of(text),
        name="tests",
        scopes=scopes or SCOPES,
        rate=rate,
        sha256=hash_of(text),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class HeldKeyring(Keyring):
    """Keys in memory: no file is looked at."""

    def __init__(self, *records: KeyRecord) -> None:
        self._held = ring_of(records)

    def find(self, authorization: bytes) -> Key | None:
        return find_in(self._held, authorization, datetime.now(UTC))


def keyring() -> Keyring:
    """A ring that holds the key of `HEADER`."""
    return HeldKeyring(record_of(TEXT))


def write_keys(path: Path, *records: KeyRecord) -> None:
    """A file of these keys, or of the key of `HEADER`."""
    change_keys(path, lambda _: records or (record_of(TEXT),))
