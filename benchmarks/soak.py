"""Whether the service stays as it is: steady load for many minutes, with releases swapped and stores refreshed.

`python -m benchmarks.soak [--minutes 15] [--release FOLDER] [--store FILE] [--json FILE]` asks copies of both,
over 16 connections, for new next-best-offers and churn by turns, at 60 % of the rate that the service reaches.
Spells of the load follow each other: in every second one a release of another version takes the place of the live
one, and a new file that of the store. What the service reaches is found out anew before each spell: a machine that
others use as well is half as fast in some minutes. After each spell memory and open handles are read.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table as Grid

from benchmarks.contestants import Running, service
from benchmarks.load import Heard, Script, ask, caller
from benchmarks.processes import handles, resident_mib
from benchmarks.scripts import mixed
from benchmarks.service import new_key, settings_in
from benchmarks.service_found import Bar
from demo.asking import Service
from demo.asking import ask as question
from features.store import SqliteStore
from features.store.replacement import beside, replace
from serving.live.schemas import ReleaseAnswer
from serving.release.folder import live_folder, read_pulled, switch, write_pulled
from serving.settings import Settings

SHARE = 0.6
"""Of the greatest rate."""
SPELL_SECONDS = 15.0
MEASURING_SECONDS = 2.0
LOOKS = 10

GROWTH = 1.05
"""The bar: memory in the last third of the spells over that in the second; the first warms up, some swaps long."""
MORE_HANDLES = 3
"""The bar: open handles that may be more in the last third."""
LATE = 0.001
"""The bar: share of the answers that are flagged because the budget of time was over."""
SWAPPING = 1.5
"""The bar: p99 while something is swapped over p99 in between, the medians."""

_NOTES = Console(stderr=True)
_FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class Spell:
    """What one spell of the load came to."""

    swapped: bool
    answers: int
    faults: int
    late: int
    """Flagged: nothing could be decided within the budget."""
    per_second: float
    p50_ms: float
    p99_ms: float
    memory_mib: float
    handles: int
    release: str
    """The version that answered at its end."""


@dataclass(frozen=True)
class Soaked:
    """All spells."""

    spells: Sequence[Spell]

    @property
    def bars(self) -> list[Bar]:
        """All that is asked; a run of a few spells is too short to say that something grows."""
        middle, last = self._thirds()
        answers, late = (sum(getattr(one, name) for one in self.spells) for name in ("answers", "late"))
        calm, busy = (
            median(one.p99_ms for one in self.spells if one.swapped is swapped) for swapped in (False, True)
        )
        swaps = sum(one.swapped for one in self.spells)
        return [
            Bar("bad answers", sum(one.faults for one in self.spells), 0, 0),
            Bar("share of late answers", late / max(answers + late, 1), most=LATE),
            Bar("releases that answered over those made live", self._answered / (1 + swaps), 1, 1),
            Bar("memory, last third over the second", _mib(last) / _mib(middle), most=GROWTH),
            Bar("handles, more than in the second third", _most(last) - _most(middle), most=MORE_HANDLES),
            Bar("p99 while swapping over p99 in between", busy / calm, most=SWAPPING),
        ]

    @property
    def _answered(self) -> int:
        return len({one.release for one in self.spells})

    def _thirds(self) -> tuple[Sequence[Spell], Sequence[Spell]]:
        third = max(len(self.spells) // 3, 1)
        return self.spells[-2 * third : -third], self.spells[-third:]


def _mib(spells: Sequence[Spell]) -> float:
    return median(one.memory_mib for one in spells)


def _most(spells: Sequence[Spell]) -> int:
    return max(one.handles for one in spells)


class Swaps:
    """A release and a store of our own, copied again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.version = 1

    def swap(self) -> None:
        """The same release under the next version, and the same store in another file."""
        self.version += 1
        release_into(self._settings.release, live_folder(self._settings.release), self.version)
        with beside(self._settings.store) as copy:
            shutil.copyfile(self._settings.store, copy)
            replace(copy, self._settings.store)


def release_into(root: Path, folder: Path, version: int) -> None:
    """Make a copy of a pulled release the live one of `root`, under another version."""
    staged = root / ".staged"
    shutil.copytree(folder, staged)
    pulled = read_pulled(staged)
    write_pulled(staged, pulled.model_copy(update={"version": str(version), "pulled_at": datetime.now(UTC)}))
    switch(root, staged)


@dataclass(frozen=True)
class Soaking:
    """The running service, what it is asked again and again, what swaps its files, and how to ask what answers."""

    running: Running
    script: Script
    swaps: Swaps
    service: Service

    @property
    def release(self) -> str:
        """The version that answers."""
        return ReleaseAnswer.model_validate_json(question(self.service, "/v1/release")).version


@contextmanager
def started(release: Path, store: Path, folder: Path) -> Iterator[Soaking]:
    """The service over copies of a release and a store."""
    release_into(folder / "release", live_folder(release), 1)
    shutil.copyfile(store, folder / "online.sqlite")
    settings = settings_in(folder, folder / "release", folder / "online.sqlite")
    key = new_key(settings)
    with closing(SqliteStore(store)) as opened:
        customers = list(opened.ids())
    with service(settings, folder / "service.log") as running:
        script = mixed(running, customers, key)
        yield Soaking(running, script, Swaps(settings), Service(running.port, key))


def left_open(pid: int) -> int:
    """Open handles once the connections of a spell have been let go of: the fewest of some looks."""
    looks = []
    for _ in range(LOOKS):
        looks.append(handles(pid))
        time.sleep(1 / LOOKS)
    return min(looks)


def soak(process: Executor, at: Soaking, spells: int, seconds: float, bar: Progress) -> Soaked:
    """Ask for so many spells, with a swap in every second one; what is asked never was before."""
    asked, found = 0, list[Spell]()
    for number in bar.track(range(spells), description="asking"):
        greatest = process.submit(ask, at.script, min(MEASURING_SECONDS, seconds), None, asked).result()
        if not greatest.waits:
            raise RuntimeError(f"the service answered nothing right: {greatest.examples}")
        asked += greatest.asked
        asking = process.submit(ask, at.script, seconds, SHARE * greatest.per_second, asked)
        if swapped := number % 2 == 1:
            at.swaps.swap()
        heard = asking.result()
        asked += heard.asked
        heard.faults += greatest.faults
        found.append(_spell(at, heard, swapped=swapped))
    return Soaked(found)


def _spell(at: Soaking, heard: Heard, *, swapped: bool) -> Spell:
    pid = at.running.pid
    return Spell(
        swapped=swapped,
        answers=len(heard.waits),
        faults=heard.faults,
        late=heard.flagged,
        per_second=heard.per_second,
        p50_ms=heard.wait_ms(0.5),
        p99_ms=heard.wait_ms(0.99),
        memory_mib=resident_mib(pid),
        handles=left_open(pid),
        release=at.release,
    )


def print_soaked(console: Console, soaked: Soaked) -> None:
    """One line a spell, then the bars."""
    grid = Grid("spell", "swapped", "requests/s", "p50 ms", "p99 ms", "MiB", "handles", "late", "bad")
    for number, one in enumerate(soaked.spells, start=1):
        figures = (
            f"{one.per_second:,.0f}",
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            f"{one.memory_mib:,.0f}",
        )
        grid.add_row(
            str(number),
            "yes" if one.swapped else "",
            *figures,
            *(str(one.handles), str(one.late or ""), str(one.faults or "")),
        )
    console.print(grid)
    bars = Grid("", "", "bar", "")
    for bar in soaked.bars:
        bars.add_row(bar.name, f"{bar.value:,.4g}", bar.words, "met" if bar.met else "missed")
    console.print(bars)


def as_json(soaked: Soaked) -> dict[str, object]:
    """Everything that is printed, for a program."""
    bars = [{**asdict(bar), "met": bar.met} for bar in soaked.bars]
    return {**asdict(soaked), "bars": bars, "met": all(bar.met for bar in soaked.bars)}


@click.command()
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=15.0, show_default=True)
@click.option(
    "--spell", "seconds", type=click.FloatRange(1), default=SPELL_SECONDS, show_default=True, help="Seconds."
)
@click.option("--release", type=_FILE, default=Path("workspace/release"), show_default=True)
@click.option("--store", type=_FILE, default=Path("workspace/online.sqlite"), show_default=True)
@click.option("--json", "figures", type=_FILE, help="Also write every figure to this file.")
def main(minutes: float, seconds: float, release: Path, store: Path, figures: Path | None) -> None:
    """Ask for a long time, and see what grows."""
    spells = max(round(60 * minutes / seconds), 2)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        started(release, store, Path(name)) as at,
        caller() as process,
        Progress(console=_NOTES) as bar,
    ):
        soaked = soak(process, at, spells, seconds, bar)
    print_soaked(Console(), soaked)
    if figures:
        figures.write_text(json.dumps(as_json(soaked), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
