"""What the layers around the calls read of the head of a request, before any framework looks at it."""

from starlette.types import Scope

CALLS = "/v1/"
"""Where the paths of the calls begin, which need a key; whether a process lives is for who runs it."""


def is_call(path: str) -> bool:
    """Whether what is asked for needs a key."""
    return path.startswith(CALLS)


def header(scope: Scope, name: bytes) -> bytes:
    """The first value of a header, whose name is in small letters; or nothing."""
    return next((value for header, value in scope["headers"] if header == name), b"")


def only_header(scope: Scope, name: bytes) -> bytes:
    """The value of a header that is there once; of one that is missing, or there twice, nothing."""
    values = [value for header, value in scope["headers"] if header == name]
    return values[0] if len(values) == 1 else b""
