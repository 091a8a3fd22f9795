"""The key of a caller: what it allows, and the text that is shown once and never kept."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["read", "decide", "write", "admin"]
"""What a key allows, each for itself: to look, to ask for decisions, to report and to consent, to forget."""
SCOPES: tuple[Scope, ...] = get_args(Scope)

PLACES = 8192
"""How many keys there may be, those that ended included; keys beyond them would share the rates of the first."""
PREFIX = "nbo_"
"""Tells people, and programs that look for leaked secrets, what such a text is."""
ID_LENGTH = 8
SECRET_BYTES = 32
_ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""None that is taken for another: ids are read aloud and typed."""
_ID_END = len(PREFIX) + ID_LENGTH


@dataclass(frozen=True, slots=True)
class Key:
    """One caller, known by a valid key."""

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: int
    """Calls a second."""
    place: int
    """In the file of keys, and so among the rates that all workers share."""


def new_id() -> str:
    """A random id, one of 10^12."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(ID_LENGTH))


def new_text(key_id: str) -> str:
    """A new key for this id: prefix, id and 256 random bits, `nbo_<id>_<43 characters>`."""
    return f"{PREFIX}{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"


def id_of(text: str) -> str:
    """The id within the text of a key; of any other text something that is no id."""
    return text[len(PREFIX) : _ID_END]


def hash_of(text: str) -> str:
    """SHA-256 of the whole text, in hex: enough for 256 random bits, which nobody can guess."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
