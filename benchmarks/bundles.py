"""Speed, memory and equality of the mining of bundles beside plain mlxtend.

`python -m benchmarks.bundles [--dataset FILE] [--item-level type] [--json FILE]` finds the itemsets of up to two
items (pairs) and of up to three (triples), and all rules among them, in all baskets of a dataset: with
`training.bundles` and with mlxtend's `fpgrowth` and `association_rules`, at supports 0.005, 0.002 and 0.001. Each
run is alone in a fresh process. mlxtend reads a sparse frame: a dense one takes longer and more memory. Then the
pairs of 30 times the baskets are counted.

Of a few times the fastest is taken, of either engine; imports, and bringing the baskets into the engine's own
form, are not counted. The peak memory is that of the whole process, with imports and baskets, the first time. The
figures are those of one machine, so look at the ratios. The exit code is 1 when an itemset, a rule or a number
differs.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import association_rules, fpgrowth
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table as Grid
from scipy.sparse import csr_array, vstack

from benchmarks.basket_files import kept
from benchmarks.processes import alone, peak_mib
from training.bundles.counting import pair_counts
from training.bundles.itemsets import frequent_itemsets, rules

SUPPORTS = (0.005, 0.002, 0.001)
JOBS = {"pairs": 2, "triples": 3}
"""Items of the longest itemset."""

FASTER = {"pairs": 40.0, "triples": 5.0}
"""The bars: time of mlxtend over ours, rules included."""
MEMORY_SHARE = 0.5
"""The bar: our peak memory over that of mlxtend, imports included."""
SCALE, GIB = 30, 4.0
"""The bar of many times the baskets: peak memory, imports included."""

_NOTES = Console(stderr=True)

Itemsets = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Run:
    """One engine's itemsets and rules, and the memory of its process."""

    engine: str
    job: str
    support: float
    itemsets: int
    rules: int
    itemset_seconds: float
    rule_seconds: float
    processor_seconds: float
    """Of both: on a busy machine what the wall clock does not show."""
    imported_mib: float
    """Peak memory before the baskets are read."""
    peak_mib: float

    @property
    def seconds(self) -> float:
        """Itemsets and rules."""
        return self.itemset_seconds + self.rule_seconds


@dataclass(frozen=True)
class Ratio:
    """Ours beside mlxtend, with the rules and without, with imports and above them."""

    job: str
    support: float
    faster: float
    faster_without_rules: float
    faster_by_processor: float
    """Of itemsets and rules."""
    memory_share: float
    memory_share_above_imports: float

    @property
    def fast(self) -> bool:
        """Whether the bar of the time is met."""
        return self.faster >= FASTER[self.job]

    @property
    def small(self) -> bool:
        """Whether the bar of the memory is met."""
        return self.memory_share <= MEMORY_SHARE


@dataclass(frozen=True)
class Many:
    """The pairs of many times the baskets, counted, and the memory of the process."""

    scale: int
    baskets: int
    lines: int
    seconds: float
    peak_mib: float

    @property
    def small(self) -> bool:
        """Whether the bar of the memory is met."""
        return self.peak_mib / 1024 < GIB


def ours(table: csr_array, names: NDArray[np.str_], support: float, max_len: int) -> Itemsets:
    """The product's itemsets, ready to be found."""
    return partial(frequent_itemsets, table, names, min_support=support, max_len=max_len)


def plain(table: csr_array, names: NDArray[np.str_], support: float, max_len: int) -> Itemsets:
    """The itemsets of mlxtend, as its documentation has it for sparse data, ready to be found."""
    held = table.astype(np.bool_)
    frame = pd.DataFrame.sparse.from_spmatrix(held, columns=names.tolist())  # type: ignore[attr-defined]  # stubs lack it
    return partial(fpgrowth, frame, min_support=support, max_len=max_len, use_colnames=True)


def plain_rules(itemsets: pd.DataFrame) -> pd.DataFrame:
    """All rules of mlxtend."""
    found: pd.DataFrame = association_rules(itemsets, metric="support", min_threshold=0.0)
    return found


ENGINES = {"ours": (ours, rules), "mlxtend": (plain, plain_rules)}


def write(declaration: Path | None, item_level: str, folder: Path) -> tuple[int, int, int]:
    """See `write_baskets`."""
    # A process is never counted smaller than the one that it was started by.
    from benchmarks.whole_baskets import write_baskets  # noqa: PLC0415 - no other process holds the query engine

    return write_baskets(declaration, item_level, folder)


def measure(engine: str, job: str, support: float, folder: Path, repeats: int) -> Run:
    """Find itemsets and rules in this process and keep them as Parquet."""
    imported = peak_mib()
    itemsets_of, rules_of = ENGINES[engine]
    find = itemsets_of(*kept(folder), support, JOBS[job])
    itemsets, associations, *spent = _timed(find, rules_of)
    peak = peak_mib()
    for name, frame in (("itemsets", itemsets), ("rules", associations)):
        frame.map(_text).to_parquet(folder / f"{engine}.{name}")
    times = [spent, *(_timed(find, rules_of)[2:] for _again in range(repeats - 1))]
    mined, ruled, processor = (min(each) for each in zip(*times, strict=True))
    counts = len(itemsets), len(associations)
    return Run(engine, job, support, *counts, mined, ruled, processor, imported, peak)


def _timed(
    find: Itemsets, rules_of: Callable[[pd.DataFrame], pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame, float, float, float]:
    """Itemsets, rules, the seconds of each, and the processor's seconds of both."""
    started, processor = time.perf_counter(), time.process_time()
    itemsets = find()
    found = time.perf_counter()
    associations = rules_of(itemsets)
    spent = found - started, time.perf_counter() - found, time.process_time() - processor
    return itemsets, associations, *spent


def _text(value: object) -> object:
    """Sets as text that Parquet can keep and sort."""
    return json.dumps(sorted(value)) if isinstance(value, frozenset) else value


def differences(folder: Path) -> list[str]:
    """How the kept itemsets and rules of the two engines differ, a sentence each; equal is to the last bit."""
    found = []
    for name, keys in (("itemsets", ["itemsets"]), ("rules", ["antecedents", "consequents"])):
        mine, reference = (
            pd.read_parquet(folder / f"{engine}.{name}").set_index(keys).sort_index() for engine in ENGINES
        )
        if not mine.index.equals(reference.index):
            shared = f"{len(mine.index.intersection(reference.index)):,} of them in both"
            found.append(f"{name}: {len(mine):,} beside {len(reference):,} of mlxtend, {shared}")
        elif not mine.equals(reference):
            unequal = [str(column) for column in reference if not mine[column].equals(reference[column])]
            found.append(f"{name}: other numbers of {', '.join(unequal)}")
    return found


def compare(job: str, support: float, folder: Path, repeats: int) -> tuple[list[Run], list[str]]:
    """Both engines, one after the other, and how what they find differs."""
    runs = []
    for engine in ENGINES:
        _NOTES.print(f"{job} at support {support} by {engine}")
        runs.append(alone(measure, engine, job, support, folder, repeats))
    return runs, [f"{job} at {support}: {words}" for words in alone(differences, folder)]


def count_many(folder: Path, scale: int) -> Many:
    """Count the pairs of many times the kept baskets in this process; each count is that many times the one."""
    once, _names = kept(folder)
    table = csr_array(vstack([once] * scale, format="csr"))
    started = time.perf_counter()
    counts = pair_counts(table)
    seconds, peak = time.perf_counter() - started, peak_mib()
    assert np.array_equal(counts, scale * pair_counts(once)), "counts are exact"
    return Many(scale, table.shape[0], table.nnz, seconds, peak)


def ratios(runs: Sequence[Run]) -> list[Ratio]:
    """Of every two runs that differ in their engine only."""
    mine, reference = ([run for run in runs if run.engine == engine] for engine in ENGINES)
    return [_ratio(*both) for both in zip(mine, reference, strict=True)]


def _ratio(mine: Run, reference: Run) -> Ratio:
    return Ratio(
        mine.job,
        mine.support,
        faster=reference.seconds / mine.seconds,
        faster_without_rules=reference.itemset_seconds / mine.itemset_seconds,
        faster_by_processor=reference.processor_seconds / mine.processor_seconds,
        memory_share=mine.peak_mib / reference.peak_mib,
        memory_share_above_imports=(mine.peak_mib - mine.imported_mib)
        / (reference.peak_mib - reference.imported_mib),
    )


def print_runs(console: Console, runs: Sequence[Run]) -> None:
    """One line a run."""
    grid = Grid("", "support", "engine", "itemsets", "rules", "seconds", "rules s", "MiB")
    for run in runs:
        seconds = (f"{value:.3f}" for value in (run.seconds, run.rule_seconds))
        counts = (f"{count:,}" for count in (run.itemsets, run.rules))
        grid.add_row(run.job, str(run.support), run.engine, *counts, *seconds, f"{run.peak_mib:,.0f}")
    console.print(grid)
    imported = max(run.imported_mib for run in runs)
    console.print(f"MiB are those of the whole process at most; imports take {imported:,.0f} of them.")


def print_bars(console: Console, found: Sequence[Ratio], many: Many) -> None:
    """The ratios beside what is asked of them."""
    times = Grid("times faster", "support", "with rules", "without", "by processor", "bar", "")
    shares = Grid("share of memory", "support", "whole", "above imports", "bar", "")
    for each in found:
        faster = each.faster, each.faster_without_rules, each.faster_by_processor
        cells = *(f"{value:.1f}" for value in faster), f">= {FASTER[each.job]:.0f}"
        times.add_row(each.job, str(each.support), *cells, _verdict(met=each.fast))
        share = f"{each.memory_share:.0%}", f"{each.memory_share_above_imports:.0%}", f"<= {MEMORY_SHARE:.0%}"
        shares.add_row(each.job, str(each.support), *share, _verdict(met=each.small))
    scaled = Grid(f"pairs of {many.scale} x the baskets", "baskets", "seconds", "GiB", "bar", "")
    figures = f"{many.baskets:,}", f"{many.seconds:.1f}", f"{many.peak_mib / 1024:.2f}"
    scaled.add_row("", *figures, f"< {GIB:.0f}", _verdict(met=many.small))
    for grid in (times, shares, scaled):
        console.print(grid)
    console.print("The bars are for seconds with rules, and for the memory of whole processes.")


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"


def as_json(runs: Sequence[Run], many: Many, wrong: Sequence[str]) -> dict[str, object]:
    """Every figure beside its bar."""
    return {
        "runs": [{**asdict(run), "seconds": run.seconds} for run in runs],
        "ratios": [{**asdict(each), "fast": each.fast, "small": each.small} for each in ratios(runs)],
        "many": {**asdict(many), "small": many.small},
        "bars": {"faster": FASTER, "memory_share": MEMORY_SHARE, "gib": GIB},
        "differences": [*wrong],
    }


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), help="The dataset.toml to read; else the demo's.")
@click.option("--item-level", default="type", show_default=True, help="What an item is.")
@click.option(
    "--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Of these the fastest."
)
@click.option(
    "--json", "figures", type=click.Path(path_type=Path), help="Also write every figure to this file."
)
def main(dataset: Path | None, item_level: str, repeats: int, figures: Path | None) -> None:
    """Compare the mining of bundles with plain mlxtend."""
    console, runs, wrong = Console(), list[Run](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = alone(write, dataset, item_level, folder)
        for job in JOBS:
            for support in SUPPORTS:
                found, unequal = compare(job, support, folder, repeats)
                runs += found
                wrong += unequal
        many = alone(count_many, folder, SCALE)
    console.print("{:,} baskets, {:,} items, {:,} lines".format(*size))
    print_runs(console, runs)
    print_bars(console, ratios(runs), many)
    console.print("\n".join(wrong) or "All itemsets, rules and numbers are identical.")
    if figures:
        figures.write_text(json.dumps(as_json(runs, many, wrong), indent=1), encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
