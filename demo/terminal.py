"""What the demo says: headings with times, framed answers, and why it ends."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import click
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.text import Text

CONSOLE = Console(highlight=False)


@contextmanager
def timed(title: str, command: Sequence[str]) -> Iterator[None]:
    """A heading with the command line below it, and afterwards how long it took."""
    CONSOLE.print(f"\n[bold]{title}[/]")
    CONSOLE.print(f"     [dim]python -m {' '.join(command)}[/]", soft_wrap=True)
    begun = time.monotonic()
    yield
    CONSOLE.print(f"     [dim]took {time.monotonic() - begun:.1f} s[/]")


def framed(title: str, content: RenderableType, source: str, colour: str) -> Panel:
    """An answer in a frame: what it is about above, where it comes from below."""
    return Panel(
        content,
        title=Text(title, style=f"bold {colour}"),
        title_align="left",
        subtitle=Text(source),
        subtitle_align="right",
        border_style=colour,
        width=90,
    )


def end(message: str, code: int) -> NoReturn:
    """End the demo with an error; who was killed by signal N counts as exit code 128 + N, as in a shell."""
    click.echo(f"error: {message}", err=True)
    sys.exit(code if code >= 0 else 128 - code)
