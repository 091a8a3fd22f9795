"""What cross-sell costs: a whole training, and the time per customer among ever more customers.

`python -m benchmarks.cross_sell [--dataset FILE] [--item-level type] [--only training|crowd] [--json FILE]` trains
as `python -m training cross-sell` does, up to the report and the registration. Then it proposes, describes and
scores the candidates of every customer at one moment, for the data as they are and for 4 and 16 times as many
customers (copied under new ids). Each part runs alone in a fresh process, so that its peak memory is its own. The
seconds are those of one run on one machine.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from benchmarks.features import (
    DECLARATION,
    WORKSPACE,
    multiply,
    newest_midnight,
    tables_in,
    tables_of,
)
from benchmarks.made_up_offers import made_up_model
from benchmarks.processes import alone, peak_mib
from features.dataset import CrossSell, read_dataset
from features.pairs import PairSnapshot, pair_set
from features.workspace import open_workspace
from training.config import read_config
from training.cross_sell.pipeline import declared_cross_sell, train_cross_sell

SCALES = (1, 4, 16)
MINUTES, GIB = 6.0, 6.0
"""The bars of a training, loading included."""
GROWTH = 1.25
"""The bar: time per customer over that of 1 x. It should be 1 or less, as what is fixed spreads over more."""

_NOTES = Console(stderr=True)
_Step = TypeVar("_Step")


@dataclass(frozen=True)
class Training:
    """One training from the declaration to the fitted model, and the peak memory of its process."""

    item_level: str
    items: int
    loading_seconds: float
    training_seconds: float
    processor_seconds: float
    """Of all threads: on a busy machine what the wall clock does not show."""
    peak_mib: float

    @property
    def minutes(self) -> float:
        """All of it."""
        return (self.loading_seconds + self.training_seconds) / 60


@dataclass(frozen=True)
class Crowd:
    """All candidates of all customers at one moment, and the peak memory of the process."""

    scale: int
    customers: int
    candidates: int
    preparing_seconds: float
    """Reading what is known and fitting the sources: in part the same for any number of customers."""
    proposing_seconds: float
    """Candidates, their features and their probabilities."""
    processor_seconds: float
    """Of all threads, for both."""
    peak_mib: float

    @property
    def per_thousand(self) -> float:
        """Seconds per 1,000 customers, everything included."""
        return 1000 * (self.preparing_seconds + self.proposing_seconds) / self.customers

    @property
    def proposing_per_thousand(self) -> float:
        """Seconds per 1,000 customers without the preparation, whose fixed part could hide a growth."""
        return 1000 * self.proposing_seconds / self.customers


def train(declaration: Path, item_level: str) -> Training:
    """Train in this process."""
    started = time.perf_counter()
    opened = open_workspace(declaration, WORKSPACE)
    loaded = time.perf_counter()
    declared = declared_cross_sell(opened.dataset, item_level)
    watch = _watch("walking through time")
    findings = train_cross_sell(opened, declared, read_config().cross_sell, watch)
    trained = time.perf_counter()
    items = len(findings.backtest.judged[-1].items)
    spent = loaded - started, trained - loaded, time.process_time()
    return Training(item_level, items, *spent, peak_mib())


def crowd(scale: int, folder: Path, cross_sell: CrossSell, as_of: datetime) -> Crowd:
    """Propose, describe and score in this process, from the canonical tables in the folder."""
    tables = tables_in(folder)
    pairs = pair_set(tables, cross_sell)
    model = made_up_model(pairs.names, read_config().cross_sell)
    started, processor = time.perf_counter(), time.process_time()
    snapshot = PairSnapshot(tables, pairs, as_of)
    assert snapshot.sources, "computed here, to be timed"
    prepared = time.perf_counter()
    candidates = 0
    for rows in snapshot.blocks():
        candidates += len(model.probability(rows.values, np.full(len(rows.item), "")))
    proposed = time.perf_counter()
    spent = prepared - started, proposed - prepared, time.process_time() - processor
    return Crowd(scale, len(snapshot.customers), candidates, *spent, peak_mib())


def crowds(declaration: Path, item_level: str, scales: Sequence[int]) -> list[Crowd]:
    """One crowd after the other, each in a process of its own."""
    cross_sell = declared_cross_sell(read_dataset(declaration), item_level)
    as_of = alone(newest_midnight, declaration)
    found = []
    for scale in scales:
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / str(scale)
            _NOTES.print(f"{scale} x the customers: writing the tables")
            alone(multiply, scale, tables_of(declaration), folder)
            _NOTES.print(f"{scale} x the customers: proposing and scoring")
            found.append(alone(crowd, scale, folder, cross_sell, as_of))
    return found


def growth(found: Sequence[Crowd]) -> list[dict[str, float]]:
    """Of each crowd: time per customer over that of the first, with and without the preparation."""
    first = found[0]
    return [
        {
            "whole": each.per_thousand / first.per_thousand,
            "proposing": each.proposing_per_thousand / first.proposing_per_thousand,
        }
        for each in found
    ]


def training_json(training: Training) -> dict[str, object]:
    """Every figure of the training beside its bars."""
    gib = training.peak_mib / 1024
    met = training.minutes < MINUTES and gib < GIB
    bars = {"minutes": MINUTES, "gib": GIB}
    return {**asdict(training), "minutes": training.minutes, "gib": gib, "bars": bars, "met": met}


def crowds_json(found: Sequence[Crowd]) -> dict[str, object]:
    """Every figure of the crowds beside the bar."""
    ratios = growth(found)
    rows = [
        {**asdict(each), "seconds_per_1000_customers": each.per_thousand, "over_first": ratio}
        for each, ratio in zip(found, ratios, strict=True)
    ]
    return {"runs": rows, "bar": GROWTH, "met": all(max(ratio.values()) <= GROWTH for ratio in ratios)}


def print_training(console: Console, training: Training) -> None:
    """Minutes and memory beside their bars."""
    grid = Grid(f"training at level {training.item_level}", "measured", "bar", "")
    gib = training.peak_mib / 1024
    for words, figure, bar in (("minutes", training.minutes, MINUTES), ("GiB at most", gib, GIB)):
        grid.add_row(words, f"{figure:.2f}", f"< {bar:.0f}", _verdict(met=figure < bar))
    console.print(grid)
    console.print(
        f"{training.items:,} items; loading {training.loading_seconds:.1f} s, backtest and fit "
        f"{training.training_seconds:.1f} s, "
        f"{training.processor_seconds:.0f} s of processor time"
    )


def print_crowds(console: Console, found: Sequence[Crowd]) -> None:
    """What each crowd took, then the seconds per 1,000 customers beside the bar."""
    heads = ("customers", "candidates", "prepare s", "propose s", "processor s", "GiB")
    grid = Grid("", *heads, title="all customers at one moment", title_justify="left")
    for each in found:
        seconds = each.preparing_seconds, each.proposing_seconds, each.processor_seconds
        counts, memory = (each.customers, each.candidates), f"{each.peak_mib / 1024:.2f}"
        grid.add_row(f"{each.scale} x", *(f"{n:,}" for n in counts), *(f"{s:,.1f}" for s in seconds), memory)
    console.print(grid)
    over = f"over {found[0].scale} x"
    bars = Grid("", "s per 1,000", over, "without preparation", "bar", "")
    for each, ratio in zip(found, growth(found), strict=True):
        ratios = (f"{value:.2f}" for value in (ratio["whole"], ratio["proposing"]))
        met = _verdict(met=max(ratio.values()) <= GROWTH)
        bars.add_row(f"{each.scale} x", f"{each.per_thousand:.2f}", *ratios, f"<= {GROWTH}", met)
    console.print(bars)
    console.print("What is fixed in the preparation makes the first ratio fall; the bar is for both.")


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"


def _watch(description: str) -> Callable[[Sequence[_Step]], Iterable[_Step]]:
    return lambda steps: track(steps, description=description, console=_NOTES)


@click.command()
@click.option(
    "--dataset", type=click.Path(path_type=Path), default=DECLARATION, help="The dataset.toml to read."
)
@click.option("--item-level", default="type", show_default=True, help="What an item is.")
@click.option("--only", type=click.Choice(["training", "crowd"]), help="One part alone.")
@click.option(
    "--scale",
    "scales",
    multiple=True,
    type=click.IntRange(min=1),
    default=SCALES,
    show_default=True,
    help="Times the customers; repeatable, ratios are to the first.",
)
@click.option(
    "--json", "figures", type=click.Path(path_type=Path), help="Also write every figure to this file."
)
def main(
    dataset: Path, item_level: str, only: str | None, scales: Sequence[int], figures: Path | None
) -> None:
    """Measure the training and the time per customer."""
    console, report = Console(), dict[str, object]()
    if only != "crowd":
        training = alone(train, dataset, item_level)
        print_training(console, training)
        report["training"] = training_json(training)
    if only != "training":
        found = crowds(dataset, item_level, scales)
        print_crowds(console, found)
        report["crowd"] = crowds_json(found)
    if figures:
        figures.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
