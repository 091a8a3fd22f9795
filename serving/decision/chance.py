"""Chance that can be repeated: the same words give the same number, in every process and at any time."""

import hashlib

_BITS = 53
"""As many as a float between 0 and 1 can tell apart."""


def uniform(*parts: str) -> float:
    """A number from 0 up to but not 1, evenly spread over the parts; one bit changed anywhere gives another.

    The first 8 bytes of SHA-256 over the parts in UTF-8, each after its length, so that ("ab", "c") and
    ("a", "bc") differ; of them the upper 53 bits, since more would round up to 1.
    """
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8))
        digest.update(content)
    return (int.from_bytes(digest.digest()[:8]) >> (64 - _BITS)) / (1 << _BITS)
