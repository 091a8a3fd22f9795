"""What deciding for everybody costs: one next-best-offer for each of 100,000 customers, by the batch command.

`python -m benchmarks.decisions [--store FILE] [--release FOLDER] [--customers 100000] [--channel web]` copies
the customers of a published store under new ids until there are enough, then runs `python -m serving batch` over
them with an empty ledger of its own: facts, scores, decisions, ledger and the Parquet file. The command runs in
a process of its own, so that its peak memory is its own. The seconds are those of one run on one machine.
`--json FILE` writes the figures down.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

import click
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.processes import MIB
from features.store import (
    CandidateRows,
    HabitRows,
    OnlineStore,
    PopularItem,
    SqliteStore,
    publish_sqlite,
)

Row = TypeVar("Row")
Names = Sequence[tuple[str, str]]
"""New ids, each with the one that it is a copy of."""

MOST_GIB = 3.0
"""The bar of peak memory."""


@dataclass(frozen=True)
class Batch:
    """One run of the batch command; processor seconds are those of all its threads."""

    customers: int
    seconds: float
    processor_seconds: float
    peak_mib: float
    decisions: int
    """Rows of the file."""
    offers: int
    """Of these, with an offer."""
    file_mib: float

    @property
    def per_thousand(self) -> float:
        """Seconds per 1,000 customers."""
        return 1000 * self.seconds / self.customers

    @property
    def met(self) -> bool:
        """Whether everybody got a decision within the bar of memory."""
        return self.decisions == self.customers and self.peak_mib <= MOST_GIB * 1024


def replicate(store: OnlineStore, customers: int, path: Path) -> None:
    """Publish a store of so many customers: those of the given one, again and again under new ids."""
    names = list(islice(_copies(store), customers))
    buyers, used = _having(store.candidates, names), _having(store.habits, names)
    info = replace(
        store.info,
        customers=customers,
        candidates=store.info.candidates and replace(store.info.candidates, customers=len(buyers)),
        bundles=store.info.bundles and replace(store.info.bundles, customers=len(used)),
    )
    publish_sqlite(
        path,
        info,
        ((name, row.in_population, row.features) for name, row in _rows(store.get, names)),
        CandidateRows(store.items, _rows(store.candidates, buyers), _popular(store)) if buyers else None,
        HabitRows(store.habit_items, _rows(store.habits, used)) if used else None,
        profiles=_rows(store.profile, names),
    )


def _copies(store: OnlineStore) -> Iterator[tuple[str, str]]:
    """New ids without an end, each with the one that it is a copy of."""
    own = list(store.ids())
    for turn in count():
        yield from ((f"{name}~{turn}" if turn else name, name) for name in own)


def _having(read: Callable[[str], object], names: Names) -> Names:
    """Those of whom the store has a row."""
    having = {own for own in {own for _, own in names} if read(own) is not None}
    return [(name, own) for name, own in names if own in having]


def _rows(read: Callable[[str], Row | None], names: Names) -> Iterator[tuple[str, Row]]:
    """Row after row under the new ids, never all of them at once."""
    for name, own in names:
        row = read(own)
        if row is not None:
            yield name, row


def _popular(store: OnlineStore) -> dict[str, tuple[PopularItem, ...]]:
    """What is popular with every segment that a customer is of, and with everybody."""
    rows = (store.candidates(name) for name in store.ids())
    return {name: store.popular(name) for name in {"", *(row.segment for row in rows if row is not None)}}


def run_batch(store: Path, release: Path, channel: str, folder: Path) -> Batch:
    """Run the command line in a process of its own and weigh what it left."""
    out = folder / "decisions.parquet"
    settings = {
        "SERVING_LEDGER": f"sqlite:///{folder / 'ledger.sqlite'}",
        "SERVING_SECRET_FILE": str(folder / "secret"),
        "SERVING_STORE": str(store),
        "SERVING_RELEASE": str(release),
    }
    command = [sys.executable, "-m", "serving", "batch", "--channel", channel, "--out", str(out)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **settings})  # noqa: S603 - our own command line
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(os.waitstatus_to_exitcode(status))
    offers = pq.read_table(out, columns=["offer_id"])["offer_id"]
    return Batch(
        customers=sum(1 for _ in SqliteStore(store).ids()),
        seconds=seconds,
        processor_seconds=used.ru_utime + used.ru_stime,
        peak_mib=used.ru_maxrss / MIB,
        decisions=len(offers),
        offers=len(offers) - offers.null_count,
        file_mib=out.stat().st_size / 2**20,
    )


def show(batch: Batch) -> Table:
    """The figures of a run."""
    table = Table(
        "customers",
        "seconds",
        "per 1,000",
        "processor s",
        "peak MiB",
        "decisions",
        "with an offer",
        "file MiB",
    )
    figures = (batch.seconds, batch.per_thousand, batch.processor_seconds, batch.peak_mib)
    table.add_row(
        f"{batch.customers:,}",
        *(f"{figure:,.1f}" for figure in figures),
        f"{batch.decisions:,}",
        f"{batch.offers:,}",
        f"{batch.file_mib:,.1f}",
    )
    return table


@click.command()
@click.option(
    "--store", type=click.Path(path_type=Path), default=Path("workspace/online.sqlite"), show_default=True
)
@click.option(
    "--release", type=click.Path(path_type=Path), default=Path("workspace/release"), show_default=True
)
@click.option("--customers", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--channel", default="web", show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures there as well.")
def main(store: Path, release: Path, customers: int, channel: str, file: Path | None) -> None:
    """Decide for many customers and print what it cost."""
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with console.status(f"copying the store to {customers:,} customers"):
            replicate(SqliteStore(store), customers, folder / "online.sqlite")
        batch = run_batch(folder / "online.sqlite", release, channel, folder)
    console.print(show(batch))
    verdict = "met" if batch.met else "missed"
    console.print(f"a decision for each within {MOST_GIB:g} GiB: {verdict}")
    if file is not None:
        file.write_text(json.dumps(asdict(batch), indent=2))


if __name__ == "__main__":
    main()
