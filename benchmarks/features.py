"""Speed, memory and equality of the features beside plain pandas.

`python -m benchmarks.features [--scale 30] [--json FILE]` computes one snapshot of the demo dataset with the
engine and with `benchmarks.pandas_features`, each alone in a fresh process on two threads, from the same canonical
Parquet files: as they are, tenfold and thirtyfold (customers copied under new ids). The figures are those of one
run on one machine, so look at the ratios. The exit code is 1 when a value differs.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import click
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _
from ibis.backends.duckdb import Backend
from rich.console import Console
from rich.table import Table as Grid

from benchmarks import pandas_features
from benchmarks.processes import alone, peak_mib
from features.columns import Column
from features.contract import CONTRACT
from features.dataset import Dataset, read_dataset
from features.feature_set import feature_set, features_at
from features.moments import data_period
from features.tables import Tables
from features.workspace import open_workspace

ROOT = Path(__file__).parents[1]
DECLARATION = ROOT / "features" / "datasets" / "complete_journey.toml"
WORKSPACE = ROOT / "workspace"
THREADS = 2
TOLERANCE = 1e-9
"""Largest relative difference between two values that count as equal."""

FASTER, MEMORY_SHARE = 3.0, 0.4
"""The bars: wall time of pandas over ours, our peak memory over that of pandas."""

_NOTES = Console(stderr=True)


@dataclass(frozen=True)
class Run:
    """One snapshot by one engine: seconds of wall and processor time, and the peak memory of its process."""

    engine: str
    scale: int
    customers: int
    seconds: float
    processor_seconds: float
    peak_mib: float


def snapshot_by_engine(folder: Path, as_of: datetime, dataset: Dataset) -> pd.DataFrame:
    """The snapshot as the product computes it, index `customer_id`."""
    tables = tables_in(folder)
    known = features_at(tables, feature_set(tables, dataset.attributes), as_of)
    frame: pd.DataFrame = known.to_pyarrow().to_pandas()
    return frame.set_index(Column.CUSTOMER)


def tables_in(folder: Path) -> Tables:
    """The canonical tables that lie in a folder, on two threads."""
    connection = _connect(folder)
    files = {name: folder / f"{name}.parquet" for name in CONTRACT}
    found = {name: connection.read_parquet(file) for name, file in files.items() if file.is_file()}
    return Tables(connection=connection, fingerprint="", period=None, **found)


def _connect(folder: Path) -> Backend:
    connection = ibis.duckdb.connect(threads=THREADS, temp_directory=str(folder / ".spill"))
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def snapshot_by_pandas(folder: Path, as_of: datetime, dataset: Dataset) -> pd.DataFrame:
    """The same snapshot by the reference."""
    return pandas_features.snapshot(folder, as_of, dataset.attributes)


ENGINES: dict[str, Callable[[Path, datetime, Dataset], pd.DataFrame]] = {
    "features": snapshot_by_engine,
    "pandas": snapshot_by_pandas,
}


def measure(engine: str, scale: int, folder: Path, as_of: datetime) -> Run:
    """Compute one snapshot and keep it as `<folder>/<engine>.snapshot`; imports and keeping are not counted."""
    pa.set_cpu_count(THREADS)
    dataset = read_dataset(DECLARATION)
    wall, processor = time.perf_counter(), time.process_time()
    frame = ENGINES[engine](folder, as_of, dataset)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = peak_mib()
    frame.to_parquet(folder / f"{engine}.snapshot")
    return Run(engine, scale, len(frame), wall, processor, peak)


def newest_midnight(declaration: Path) -> datetime:
    """Load a dataset into the workspace; the moment at which its data ends."""
    opened = open_workspace(declaration, WORKSPACE)
    return data_period(opened.tables, opened.dataset)[1]


def tables_of(declaration: Path) -> Path:
    """The folder of a dataset's canonical tables, once it is loaded."""
    return WORKSPACE / read_dataset(declaration).name / "tables"


def multiply(scale: int, source: Path, target: Path) -> None:
    """Write canonical tables with every customer `scale` times; copies have ids and baskets of their own."""
    target.mkdir()
    connection = _connect(target)
    copies = ibis.range(scale).unnest().name("copy").as_table()
    ending = (_.copy == 0).ifelse("", "-" + _.copy.cast("string"))
    for file in source.glob("*.parquet"):
        rows = connection.read_parquet(file)
        ids = [name for name in (Column.CUSTOMER, Column.BASKET) if name in rows.columns]
        if Column.CUSTOMER in ids:
            multiplied = (
                rows.cross_join(copies).mutate(**{name: _[name] + ending for name in ids}).drop("copy")
            )
            connection.to_parquet(multiplied, target / file.name)
        else:
            shutil.copy(file, target)


def differences(ours: pd.DataFrame, reference: pd.DataFrame) -> list[str]:
    """How two snapshots differ, a sentence for each customer list or feature; unknown equals unknown."""
    if set(ours.index) != set(reference.index):
        shared = f"{len(ours.index.intersection(reference.index)):,} of them in both"
        return [f"customers: {len(ours):,} beside {len(reference):,} of the reference, {shared}"]
    reference = reference.loc[ours.index]
    missing = [
        f"{name}: the reference has no such feature" for name in ours.columns.difference(reference.columns)
    ]
    surplus = [f"{name}: only the reference has it" for name in reference.columns.difference(ours.columns)]
    both = ours.columns.intersection(reference.columns, sort=False)
    return [*missing, *surplus, *(found for name in both for found in _unequal(ours[name], reference[name]))]


def _unequal(ours: "pd.Series[float]", reference: "pd.Series[float]") -> Iterator[str]:
    equal = np.isclose(ours, reference, rtol=TOLERANCE, atol=0.0, equal_nan=True)
    if not equal.all():
        first = ours.index[~equal][0]
        pair = f"{float(ours[first])} beside {float(reference[first])}"
        yield f"{ours.name}: {(~equal).sum():,} of {len(ours):,} values differ, first for customer {first}: {pair}"


def compare(folder: Path) -> list[str]:
    """How the two snapshots differ that were kept in a folder."""
    ours, reference = (pd.read_parquet(folder / f"{engine}.snapshot") for engine in ENGINES)
    return differences(ours, reference)


def run_at(scale: int, folder: Path, as_of: datetime) -> tuple[list[Run], list[str]]:
    """Both engines at one scale, one after the other, and how their values differ."""
    _NOTES.print(f"{scale} x the data: writing the tables")
    alone(multiply, scale, tables_of(DECLARATION), folder)
    runs = []
    for engine in ENGINES:
        _NOTES.print(f"{scale} x the data: one snapshot by {engine}")
        runs.append(alone(measure, engine, scale, folder, as_of))
    return runs, alone(compare, folder)


def ratios(runs: list[Run]) -> dict[str, float]:
    """At the largest scale: how many times faster, what share of the memory, how many times the time of 1 x."""
    ours, reference = ([run for run in runs if run.engine == engine] for engine in ENGINES)
    return {
        "faster": reference[-1].seconds / ours[-1].seconds,
        "memory_share": ours[-1].peak_mib / reference[-1].peak_mib,
        "growth": ours[-1].seconds / ours[0].seconds,
    }


def print_runs(console: Console, runs: list[Run]) -> None:
    """One line a run; ratios are those of its scale."""
    grid = Grid(
        "scale", "engine", *(f"{name:>9}" for name in ("customers", "wall s", "processor s", "peak MiB"))
    )
    for run in runs:
        figures = (run.seconds, run.processor_seconds, run.peak_mib)
        grid.add_row(
            f"{run.scale} x", run.engine, f"{run.customers:,}", *(f"{figure:,.1f}" for figure in figures)
        )
    console.print(grid)


def print_bars(console: Console, runs: list[Run]) -> None:
    """The ratios beside what is asked of them."""
    found, scale = ratios(runs), runs[-1].scale
    grid = Grid(f"at {scale} x the data", "measured", "bar", "")
    for words, figure, bar, met in (
        ("times faster than pandas", f"{found['faster']:.1f}", f">= {FASTER}", found["faster"] >= FASTER),
        (
            "of its memory",
            f"{found['memory_share']:.0%}",
            f"<= {MEMORY_SHARE:.0%}",
            found["memory_share"] <= MEMORY_SHARE,
        ),
        ("times the time of 1 x", f"{found['growth']:.1f}", f"<= {scale}", found["growth"] <= scale),
    ):
        grid.add_row(words, figure, bar, "met" if met else "missed")
    console.print(grid)


@click.command()
@click.option(
    "--scale", type=click.IntRange(min=2), default=30, show_default=True, help="Largest multiple of the data."
)
@click.option(
    "--json", "figures", type=click.Path(path_type=Path), help="Also write every figure to this file."
)
def main(scale: int, figures: Path | None) -> None:
    """Compare the features with the same features in plain pandas."""
    console, runs, wrong = Console(), list[Run](), list[str]()
    _NOTES.print("loading the demo dataset")
    as_of = alone(newest_midnight, DECLARATION)
    with tempfile.TemporaryDirectory() as folder:
        for step in sorted({1, max(1, scale // 3), scale}):
            found, unequal = run_at(step, Path(folder) / str(step), as_of)
            runs += found
            wrong += [f"{step} x: {words}" for words in unequal]
    print_runs(console, runs)
    print_bars(console, runs)
    console.print("\n".join(wrong) or f"All values are equal to {TOLERANCE} of each other.")
    if figures:
        report = {"runs": [asdict(run) for run in runs], "ratios": ratios(runs), "differences": wrong}
        figures.write_text(json.dumps(report, indent=1), encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
