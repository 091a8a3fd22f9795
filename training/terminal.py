"""Tables on the terminal."""

from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table whose cells wrap where the terminal is narrow; nothing is cut off, and cells are plain text."""
    found = Table(title=title, title_justify="left")
    for head in heads:
        found.add_column(head, overflow="fold")
    for row in rows:
        found.add_row(*map(escape, row))
    return found
