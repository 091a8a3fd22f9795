"""The file of keys: hashes of what callers hold, and what each allows; read whole, replaced whole.

It knows no key, so that others may read it, as they may where a cluster mounts it. Who could write it could make
themselves a key: a file that others than its owner may write is refused, and by the service one of a stranger.
"""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from features.errors import InputError
from serving.keys.key import Scope
from serving.whole_file import PRIVATE, whole_file

ROOT = 0
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
MAX_RATE = 1_000_000
MAX_BYTES = 8 * 1024 * 1024
"""Of the file: room for more keys than there are places."""


class KeysError(InputError):
    """A file of keys that cannot be used, in one sentence."""


class MissingKeysError(KeysError):
    """There is no file of keys."""


class KeyRecord(BaseModel):
    """One key at rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{8}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w .@-]+$")]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    rate: Annotated[int, Field(ge=1, le=MAX_RATE)]
    """Calls a second."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the whole text of the key."""
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    """May lie ahead: another key takes its place until then."""

    @property
    def ends(self) -> datetime | None:
        """The moment from which on it is worth nothing, if there is one."""
        return min((at for at in (self.expires_at, self.revoked_at) if at is not None), default=None)


Records = tuple[KeyRecord, ...]
Change = Callable[[Records], Sequence[KeyRecord]]
_RECORDS: TypeAdapter[Records] = TypeAdapter(Records)


def read_keys(path: Path, *, of_anybody: bool = False) -> Records:
    """The keys of the file, in its order; `of_anybody` for commands, which look after the file of another user.

    Raises `MissingKeysError` when there is none, `KeysError` when it is broken or others may write it.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            found = os.fstat(file.fileno())
            _require_file(path, found)
            content = file.read()
    except FileNotFoundError as fault:
        raise MissingKeysError(
            f"there are no keys at {path}, so that nobody is let in: make one with python -m serving keys create"
        ) from fault
    except OSError as fault:
        raise KeysError(f"the keys at {path} cannot be read ({fault.strerror})") from fault
    if not of_anybody and found.st_uid not in (ROOT, os.geteuid()):
        raise KeysError(
            f"{path} belongs to another user, who could make themselves a key: chown it to root, or to the user"
            f" whose service this is"
        )
    return _parsed(path, content)


def _at_once(path: str, flags: int) -> int:
    """Whoever opens a pipe waits for somebody who writes into it, unless asked not to."""
    return os.open(path, flags | os.O_NONBLOCK)


def _require_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeysError(f"{path} is no regular file: name one with SERVING_KEYS")
    if found.st_size > MAX_BYTES:
        raise KeysError(f"{path} has more than {MAX_BYTES:,} bytes: restore it from a backup")
    if found.st_mode & OTHERS_WRITE:
        raise KeysError(
            f"others than its owner may write {path}, and so make themselves a key: chmod go-w it"
        )


def change_keys(path: Path, change: Change) -> None:
    """Replace the keys by what `change` makes of them, one command after the other; a missing file has none.

    Whose file it is and who may read it stays, whoever runs the command; a link still leads to the file.
    Raises `KeysError` when the file cannot be used or written.
    """
    try:
        path = Path(
            os.path.realpath(path)
        )  # Path.resolve raises what is no OSError where links lead in a circle.
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            _write(path, change(_present(path)))
    except OSError as fault:
        raise KeysError(f"the keys at {path} cannot be written ({fault.strerror})") from fault


def _present(path: Path) -> Records:
    try:
        return read_keys(path, of_anybody=True)
    except MissingKeysError:
        return ()


def _parsed(path: Path, content: bytes) -> Records:
    try:
        document: Any = json.loads(content)
        records = _RECORDS.validate_python(document["keys"])
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise KeysError(f"the keys at {path} cannot be used (keys.{where}: {first['msg']})") from fault
    except (ValueError, TypeError, LookupError, RecursionError) as fault:
        raise KeysError(f'{path} is no JSON object with a list "keys": restore it from a backup') from fault
    if len({record.id for record in records}) < len(records):
        raise KeysError(f"two keys at {path} have the same id: remove one of them")
    return records


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock file, which stays: who removed it would let two in."""
    with os.fdopen(_lock(path), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock(path: Path) -> int:
    """A new one belongs to whom the keys belong; of one that is there nothing changes, whatever lies there."""
    lock, flags = path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        made = os.open(lock, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(lock, flags | os.O_NONBLOCK)
    if path.exists():
        os.fchown(made, path.stat().st_uid, path.stat().st_gid)
    return made


def _write(path: Path, records: Sequence[KeyRecord]) -> None:
    document = {"keys": [record.model_dump(mode="json") for record in records]}
    with whole_file(path, PRIVATE) as file:
        if path.exists():
            _give_away(file.fileno(), path.stat())
        file.write(json.dumps(document, indent=2).encode())


def _give_away(descriptor: int, like: os.stat_result) -> None:
    os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
