"""The secret of a ledger: what makes its hashes useless to who has only the database."""

import hashlib
import hmac
import secrets
from pathlib import Path

from features.errors import InputError
from serving.whole_file import PRIVATE, keep_first, whole_file

SECRET_BYTES = 32


def read_secret(path: Path) -> bytes:
    """The 32 random bytes of the file, which is made, readable by its owner alone, when it is missing.

    Of many processes that start at once each gets the same secret. Raises `InputError` when the file cannot be
    read or made, or holds anything else.
    """
    try:
        if not path.exists():
            with whole_file(path, PRIVATE, keep_first) as file:
                file.write(secrets.token_bytes(SECRET_BYTES))
        secret = path.read_bytes()
    except OSError as fault:
        raise InputError(f"the secret file {path} cannot be read or made ({fault.strerror})") from fault
    if len(secret) != SECRET_BYTES:
        raise InputError(
            f"the secret file {path} has {len(secret)} bytes instead of {SECRET_BYTES}: restore it from a backup, "
            "or remove it together with the ledger"
        )
    return secret


def keyed_hash(secret: bytes, purpose: str, text: str) -> str:
    """64 hex digits, HMAC-SHA-256 under the secret; the same text has another one for another purpose."""
    message = f"{purpose}\0{text}".encode(errors="surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
