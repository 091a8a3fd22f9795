"""Finds the key that a caller shows, in the file of keys as it is at that moment.

A key that is revoked is out in all workers with the next request. Fails closed: while the file is missing or
broken nobody is let in, since an older ring could hold a key that was revoked since; the log says once what to do.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from serving.keys.key import Key, hash_of, id_of
from serving.keys.key_file import KeyRecord, KeysError, MissingKeysError, read_keys
from serving.runtime import Clock, now
from serving.stamp import Stamp, stamp
from serving.telemetry import logs

SCHEME = b"bearer "
MOST_BYTES = 128
"""Of a header that can hold a key; nobody hashes more for a stranger."""


@dataclass(frozen=True, slots=True)
class Held:
    """A key with what proves it, and the moment from which on it is worth nothing."""

    key: Key
    sha256: str
    ends: datetime | None

    @classmethod
    def of(cls, place: int, record: KeyRecord) -> Self:
        """What stands at this place of the file."""
        key = Key(record.id, record.name, frozenset(record.scopes), record.rate, place)
        return cls(key, record.sha256, record.ends)


Ring = Mapping[str, Held]
NOBODY = Held(Key("", "", frozenset(), 1, 0), "0" * 64, None)
"""Stands for every unknown id: its text is as long as a hash, and no hash is known to be it."""


def ring_of(records: Sequence[KeyRecord]) -> Ring:
    """The keys by id."""
    return {record.id: Held.of(place, record) for place, record in enumerate(records)}


def find_in(ring: Ring, authorization: bytes, at: datetime) -> Key | None:
    """The key of an `Authorization` header, unless it is missing, garbled, unknown, wrong, expired or revoked.

    Unknown ids cost the same work as known ones: a hash and a comparison in constant time.
    """
    if len(authorization) > MOST_BYTES or authorization[: len(SCHEME)].lower() != SCHEME:
        return None
    text = authorization[len(SCHEME) :].strip(b" ").decode("latin-1")
    held = ring.get(id_of(text), NOBODY)
    proven = hmac.compare_digest(hash_of(text), held.sha256)
    return held.key if proven and held is not NOBODY and (held.ends is None or at < held.ends) else None


class Keyring:
    """The keys of a file, read again whenever it is another one."""

    def __init__(self, path: Path, clock: Clock = now) -> None:
        self._path = path
        self._clock = clock
        self._ring: Ring = {}
        self._seen: Stamp | None = None
        self._fault: str | None = None
        self._refresh(stamp(path))

    def find(self, authorization: bytes) -> Key | None:
        """The key of an `Authorization` header, or None."""
        if (seen := stamp(self._path)) != self._seen or seen is None:
            self._refresh(seen)
        return find_in(self._ring, authorization, self._clock())

    def _refresh(self, seen: Stamp | None) -> None:
        try:
            self._ring, self._fault = ring_of(read_keys(self._path)), None
        except KeysError as broken:
            self._ring = {}
            self._tell(broken)
            # No descriptor left, a disk that stutters: that may pass while the file stays the same.
            seen = None if isinstance(broken.__cause__, OSError) else seen
        self._seen = seen

    def _tell(self, broken: KeysError) -> None:
        if str(broken) == self._fault:
            return
        self._fault = str(broken)
        if isinstance(broken, MissingKeysError):
            logs.fault("keys-missing", reason=self._fault)
        else:
            logs.fault("keys-refused", reason=self._fault)
