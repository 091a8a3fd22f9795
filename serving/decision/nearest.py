"""The way out of a misspelt name, for error messages."""

import difflib
from collections.abc import Collection

MOST = 20
"""So many names can be read in one sentence; of more only the first are given."""


def nearest(name: str, known: Collection[str]) -> str:
    """` (did you mean "x"?)` for the nearest of the known names, or else ` (known: a, b, c)`."""
    folded = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    if close:
        return f' (did you mean "{folded[close[0]]}"?)'
    listed = ", ".join(list(known)[:MOST]) or "none"
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return f" (known: {listed}{more})"
