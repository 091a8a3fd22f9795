"""What cross-sell costs: ratios, bars, and crowds that are copies of one another."""

from dataclasses import replace
from pathlib import Path

import click
import pytest
from rich.console import Console

from benchmarks.cross_sell import (
    Crowd,
    Training,
    crowd,
    crowds_json,
    growth,
    print_crowds,
    print_training,
    training_json,
)
from benchmarks.features import multiply
from features.dataset import CrossSell
from features.moments import data_period
from features.workspace import open_workspace
from tests.market import write_grocer

TRAINING = Training("type", 2_400, 30.0, 270.0, processor_seconds=400.0, peak_mib=3_072.0)
CROWDS = [
    Crowd(1, 1_000, 9_000, 10.0, 10.0, processor_seconds=30.0, peak_mib=500.0),
    Crowd(4, 4_000, 36_000, 10.0, 50.0, processor_seconds=90.0, peak_mib=900.0),
]


def verdicts(console: Console) -> list[str]:
    """The last cell of every row of a printed table."""
    lines = [line for line in click.unstyle(console.export_text()).splitlines() if "│" in line]
    return [line.split("│")[-2].strip() for line in lines]


def test_growth_is_the_time_per_customer_over_that_of_the_first() -> None:
    assert growth(CROWDS) == [{"whole": 1.0, "proposing": 1.0}, {"whole": 0.75, "proposing": 1.25}]


def test_fixed_costs_hide_no_growth() -> None:
    slower = replace(CROWDS[1], proposing_seconds=60.0)
    assert growth([CROWDS[0], slower])[1]["whole"] < 1
    assert crowds_json(CROWDS)["met"]
    assert not crowds_json([CROWDS[0], slower])["met"]
    console = Console(record=True, width=100)
    print_crowds(console, [CROWDS[0], slower])
    assert verdicts(console)[-2:] == ["met", "missed"]


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        (TRAINING, ["met", "met"]),
        (replace(TRAINING, loading_seconds=90.0), ["missed", "met"]),
        (replace(TRAINING, peak_mib=6_144.0), ["met", "missed"]),
    ],
    ids=["both met", "loading counts", "memory"],
)
def test_a_training_has_minutes_and_memory(training: Training, expected: list[str]) -> None:
    console = Console(record=True, width=100)
    print_training(console, training)
    assert verdicts(console) == expected
    assert training_json(training)["met"] == (expected == ["met", "met"])


def test_a_crowd_is_the_same_customers_again(tmp_path: Path) -> None:
    opened = open_workspace(write_grocer(tmp_path, customers=30, days=60), tmp_path / "built")
    as_of = data_period(opened.tables, opened.dataset)[1]
    cross_sell = CrossSell(item_level="category", horizon_days=14)
    found = []
    for scale in (1, 2):
        folder = tmp_path / str(scale)
        multiply(scale, opened.folder / "tables", folder)
        found.append(crowd(scale, folder, cross_sell, as_of))
    assert [each.scale for each in found] == [1, 2]
    assert found[1].customers == 2 * found[0].customers
    # Four items: everybody is proposed all that they or others buy.
    assert found[1].candidates == 2 * found[0].candidates > 0
