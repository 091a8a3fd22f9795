"""Mining beside mlxtend: the same itemsets in both, ratios beside their bars, and counts of many baskets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy.sparse import csr_array

from benchmarks import whole_baskets
from benchmarks.basket_files import keep, kept
from benchmarks.bundles import (
    ENGINES,
    Many,
    Ratio,
    Run,
    as_json,
    count_many,
    differences,
    measure,
    print_bars,
    print_runs,
    ratios,
    write,
)
from tests.market import write_grocer

MINE = Run("ours", "pairs", 0.01, 9, 12, 0.5, 0.5, 1.0, imported_mib=100.0, peak_mib=150.0)
PLAIN = Run("mlxtend", "pairs", 0.01, 9, 12, 49.5, 0.5, 45.0, imported_mib=100.0, peak_mib=300.0)
MANY = Many(30, 3_000, 12_000, seconds=2.0, peak_mib=4_095.0)

BASKETS = csr_array(
    np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
)
NAMES = np.array(["bread", "jam", "tea"])


def printed(write: Callable[[Console], None]) -> list[str]:
    """The lines of a table's body."""
    console = Console(record=True, width=80)
    write(console)
    return [line for line in click.unstyle(console.export_text()).splitlines() if line.startswith("│")]


def test_both_engines_find_the_same(tmp_path: Path) -> None:
    keep(tmp_path, BASKETS, NAMES)
    runs = [measure(engine, "triples", 0.3, tmp_path, repeats=2) for engine in ENGINES]
    assert [(run.itemsets, run.rules) for run in runs] == [(7, 12), (7, 12)]
    assert differences(tmp_path) == []
    assert all(run.peak_mib >= run.imported_mib > 0 for run in runs)


def test_the_longest_itemset_is_that_of_the_job(tmp_path: Path) -> None:
    keep(tmp_path, BASKETS, NAMES)
    assert {measure(engine, "pairs", 0.3, tmp_path, repeats=1).itemsets for engine in ENGINES} == {6}
    assert differences(tmp_path) == []


def test_another_number_is_a_difference(tmp_path: Path) -> None:
    keep(tmp_path, BASKETS, NAMES)
    for engine in ENGINES:
        measure(engine, "pairs", 0.3, tmp_path, repeats=1)
    rules = pd.read_parquet(tmp_path / "ours.rules")
    rules.assign(lift=rules["lift"] * (1 + 1e-15)).to_parquet(tmp_path / "ours.rules")
    assert differences(tmp_path) == ["rules: other numbers of lift"]


def test_a_missing_itemset_is_a_difference(tmp_path: Path) -> None:
    keep(tmp_path, BASKETS, NAMES)
    for engine in ENGINES:
        measure(engine, "pairs", 0.3, tmp_path, repeats=1)
    pd.read_parquet(tmp_path / "ours.itemsets").iloc[1:].to_parquet(tmp_path / "ours.itemsets")
    assert differences(tmp_path) == ["itemsets: 5 beside 6 of mlxtend, 5 of them in both"]


def test_pairs_of_many_times_the_baskets_are_counted(tmp_path: Path) -> None:
    keep(tmp_path, BASKETS, NAMES)
    many = count_many(tmp_path, scale=3)
    assert (many.scale, many.baskets, many.lines) == (3, 15, 30)


def test_ratios_are_those_of_runs_that_differ_in_the_engine_only() -> None:
    slower = replace(MINE, job="triples", itemset_seconds=12.0)
    runs = [MINE, PLAIN, slower, replace(PLAIN, job="triples")]
    assert ratios(runs) == [
        Ratio("pairs", 0.01, 50.0, 99.0, 45.0, memory_share=0.5, memory_share_above_imports=0.25),
        Ratio("triples", 0.01, 4.0, 4.125, 45.0, memory_share=0.5, memory_share_above_imports=0.25),
    ]
    assert [each.fast for each in ratios(runs)] == [True, False]


@pytest.mark.parametrize(
    ("mine", "many", "expected"),
    [
        (MINE, MANY, ["met", "met", "met"]),
        (replace(MINE, rule_seconds=1.0), MANY, ["missed", "met", "met"]),
        (replace(MINE, peak_mib=151.0), MANY, ["met", "missed", "met"]),
        (MINE, replace(MANY, peak_mib=4_096.0), ["met", "met", "missed"]),
    ],
    ids=["all met", "rules count", "memory", "many"],
)
def test_figures_stand_beside_their_bars(mine: Run, many: Many, expected: list[str]) -> None:
    rows = printed(lambda console: print_bars(console, ratios([mine, PLAIN]), many))
    assert [row.split("│")[-2].strip() for row in rows] == expected
    assert len(printed(lambda console: print_runs(console, [mine, PLAIN]))) == 2
    report = as_json([mine, PLAIN], many, ["rules: other numbers of lift"])
    assert report["differences"] == ["rules: other numbers of lift"]


def test_all_baskets_of_a_dataset_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_baskets, "WORKSPACE", tmp_path / "built")
    size = write(write_grocer(tmp_path, customers=30, days=60), "category", tmp_path)
    table, names = kept(tmp_path)
    assert size == (*table.shape, table.nnz)
    assert table.shape[1] == len(names) > 1
    runs = [measure(engine, "triples", 0.05, tmp_path, repeats=1) for engine in ENGINES]
    assert runs[0].itemsets == runs[1].itemsets > len(names)
    assert differences(tmp_path) == []
