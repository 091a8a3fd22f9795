"""How long the service takes to start, beside the import of the two libraries that it cannot do without.

`python -m benchmarks.startup [--release FOLDER] [--store FILE] [--repeats 7] [--json FILE]` starts by turns
`python -c "import lightgbm, fastapi"` to its end, and `python -m serving run` until `/livez` answers, and until
`/readyz` does: then release, store and ledger are open and verified. Each is a fresh process, after one that
is not counted. Ratios are of the same turn; look at them, the seconds are those of one machine.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from benchmarks.contestants import answers, environment, free_port, wait_for
from benchmarks.processes import processor_seconds
from benchmarks.service import settings_in
from serving.settings import Settings

TIMES = 3.0
"""The bar: seconds until the service answers over those of the imports."""
IMPORTS = "import lightgbm, fastapi"

_NOTES = Console(stderr=True)
_FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class Turn:
    """Seconds of one turn; the service's own processor time is until it is ready."""

    imports: float
    alive: float
    ready: float
    processor: float


def import_seconds() -> float:
    """Seconds of a process that does nothing but import."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)  # noqa: S603 - our own line
    return time.perf_counter() - began


def turn(settings: Settings, log: Path) -> Turn:
    """The imports, then a service, which is ended again."""
    imports, port = import_seconds(), free_port()
    command = [sys.executable, "-m", "serving", "run", "--port", str(port)]
    with log.open("w") as lines:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment(settings), stdout=lines, stderr=lines)  # noqa: S603 - as above
    try:
        wait_for(lambda: answers(port, "/livez"), f"the service (see {log})")
        alive = time.perf_counter() - began
        wait_for(lambda: answers(port, "/readyz"), f"a ready service (see {log})")
        ready = time.perf_counter() - began
        return Turn(imports, alive, ready, processor_seconds(process.pid))
    finally:
        process.kill()
        process.wait()


def ratio(turns: Sequence[Turn]) -> float:
    """Seconds until the service answers over those of the imports in the same turn, the median."""
    return median(one.alive / one.imports for one in turns)


def print_turns(console: Console, turns: Sequence[Turn]) -> None:
    """Medians, and the bar."""
    grid = Grid("", "seconds", "over the imports", "bar", "")
    grid.add_row(IMPORTS, f"{median(one.imports for one in turns):.2f}", "1.00 x")
    verdict = "met" if ratio(turns) < TIMES else "missed"
    alive = median(one.alive for one in turns)
    grid.add_row("until /livez answers", f"{alive:.2f}", f"{ratio(turns):.2f} x", f"< {TIMES:g} x", verdict)
    ready = median(one.ready / one.imports for one in turns)
    grid.add_row("until /readyz does", f"{median(one.ready for one in turns):.2f}", f"{ready:.2f} x")
    console.print(grid)
    processor = median(one.processor for one in turns)
    console.print(f"{processor:.2f} seconds of processor time until ready; medians of {len(turns)} turns.")


def as_json(turns: Sequence[Turn]) -> dict[str, object]:
    """Everything that is printed, for a program."""
    found = ratio(turns)
    return {"turns": [asdict(one) for one in turns], "ratio": found, "bar": TIMES, "met": found < TIMES}


@click.command()
@click.option("--release", type=_FILE, default=Path("workspace/release"), show_default=True)
@click.option("--store", type=_FILE, default=Path("workspace/online.sqlite"), show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=7, show_default=True)
@click.option("--json", "figures", type=_FILE, help="Also write every figure to this file.")
def main(release: Path, store: Path, repeats: int, figures: Path | None) -> None:
    """Start the service again and again."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = settings_in(folder, release, store)
        rounds = track(range(repeats + 1), description="starting by turns", console=_NOTES)
        turns = [turn(settings, folder / "service.log") for _ in rounds][1:]
    print_turns(Console(), turns)
    if figures:
        figures.write_text(json.dumps(as_json(turns), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
