"""The secret of a ledger: what makes its hashes useless to who has only the database."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from features.errors import InputError

SECRET_BYTES = 32


def read_secret(path: Path) -> bytes:
    """The 32 random bytes of the file, which is made, readable by its owner alone, when it is missing.

    Of many processes that start at once each gets the same secret. Raises `InputError` when the file cannot be
    read or made, or holds anything else.
    """
    try:
        if not path.exists():
            _make(path)
        secret = path.read_bytes()
    except OSError as fault:
        raise InputError(f"the secret file {path} cannot be read or made ({fault.strerror})") from fault
    if len(secret) != SECRET_BYTES:
        raise InputError(
            f"the secret file {path} has {len(secret)} bytes instead of {SECRET_BYTES}: restore it from a backup, "
            "or remove it together with the ledger"
        )
    return secret


def _make(path: Path) -> None:
    """Written whole beside its place and linked there, so that nobody reads half of it and the first one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was quicker: its secret is the secret
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def keyed_hash(secret: bytes, purpose: str, text: str) -> str:
    """64 hex digits, HMAC-SHA-256 under the secret; the same text has another one for another purpose."""
    message = f"{purpose}\0{text}".encode(errors="surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
