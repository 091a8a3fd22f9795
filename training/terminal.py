"""What commands say on the terminal: tables, verdicts, and how far they are."""

from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.verdict import Verdict

NOTES = Console(stderr=True)
"""For whoever waits; results go to stdout."""


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table whose cells wrap where the terminal is narrow; nothing is cut off, and cells are plain text."""
    found = Table(title=title, title_justify="left")
    for head in heads:
        found.add_column(head, overflow="fold")
    for row in rows:
        found.add_row(*map(escape, row))
    return found


def print_checks(verdict: Verdict) -> None:
    """Every rule with what was found, one a line."""
    for check in verdict.checks:
        click.echo(f"{'holds ' if check.holds else 'FAILS '} {check.rule}: {check.found}")
