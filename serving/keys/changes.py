"""What is done with keys: made, replaced by another one, revoked. A text is returned once and never kept."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from features.errors import InputError
from serving.keys.key import PLACES, Scope, hash_of, new_id, new_text
from serving.keys.key_file import KeyRecord, Records, change_keys

DEFAULT_RATE = 100
"""Calls a second of a key, unless somebody says otherwise."""


@dataclass(frozen=True)
class Rights:
    """What a new key is to allow, to whom, how often and until when."""

    name: str
    scopes: tuple[Scope, ...]
    rate: int = DEFAULT_RATE
    expires_at: datetime | None = None


def create_key(path: Path, rights: Rights, now: datetime) -> str:
    """Add a key to the file, made when it is missing; returns its text.

    Raises `InputError` for a wrong name, or when there is no place for another key.
    """
    key_id = new_id()
    text = new_text(key_id)
    try:
        record = KeyRecord(id=key_id, sha256=hash_of(text), created_at=now, **asdict(rights))
    except ValidationError as fault:
        first = fault.errors()[0]
        raise InputError(
            f"the {first['loc'][0]} of a key cannot be {first['input']!r}: {first['msg']}"
        ) from fault
    change_keys(path, lambda records: _added(path, records, record))
    return text


def revoke_key(path: Path, key_id: str, now: datetime) -> None:
    """The key is worth nothing from now on; a second time changes nothing.

    Raises `InputError` for an unknown id.
    """

    def revoked(records: Records) -> Records:
        record = _with_id(records, key_id)
        at = now if record.revoked_at is None else min(now, record.revoked_at)
        return _replaced(records, record.model_copy(update={"revoked_at": at}))

    change_keys(path, revoked)


def rotate_key(path: Path, key_id: str, overlap: timedelta, now: datetime) -> str:
    """Add a key with the same rights, for as long as the old one had them; that is revoked after the overlap.

    Returns the text of the new one; if it is lost, the old one may be rotated again as long as it is valid. Raises
    `InputError` for an id that is unknown, or no longer valid, and when there is no place for another key.
    """
    new = new_id()
    text = new_text(new)

    def rotated(records: Records) -> Records:
        old = _with_id(records, key_id)
        if old.ends is not None and old.ends <= now:
            raise InputError(
                f"the key {key_id} is no longer valid: make one with python -m serving keys create"
            )
        lasts = None if old.expires_at is None else now + (old.expires_at - old.created_at)
        fresh = {
            "id": new,
            "sha256": hash_of(text),
            "created_at": now,
            "expires_at": lasts,
            "revoked_at": None,
        }
        leaving = old.model_copy(update={"revoked_at": min(now + overlap, old.ends or now + overlap)})
        return _added(path, _replaced(records, leaving), old.model_copy(update=fresh))

    change_keys(path, rotated)
    return text


def _added(path: Path, records: Records, record: KeyRecord) -> Records:
    if len(records) >= PLACES:
        raise InputError(
            f"{path} has {len(records):,} keys and room for {PLACES:,}:"
            " take those out of it that were revoked or expired long ago"
        )
    return (*records, record)


def _with_id(records: Records, key_id: str) -> KeyRecord:
    for record in records:
        if record.id == key_id:
            return record
    raise InputError(f"there is no key {key_id}: python -m serving keys list shows them")


def _replaced(records: Records, changed: KeyRecord) -> Records:
    return tuple(changed if record.id == changed.id else record for record in records)
