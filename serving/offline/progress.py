"""How far a command is, on the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

Advance = Callable[[int, int | None], object]
"""Is told how many more are done, and of how many in all when that is known."""


@contextmanager
def shown() -> Iterator[Advance]:
    """A bar that grows on stderr, gone at the end; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def advance(done: int, of: int | None) -> None:
            progress.update(task, advance=done, total=of)

        yield advance
