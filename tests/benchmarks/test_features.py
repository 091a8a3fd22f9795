"""Two snapshots side by side: what counts as a difference, and what is made of the figures."""

import click
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from benchmarks.features import Run, differences, print_bars, ratios


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index(["ann", "bob"], name="customer_id"))


def test_unknown_equals_unknown_and_rounding_is_no_difference() -> None:
    ours = frame(spend=[np.nan, 3.0])
    assert differences(ours, frame(spend=[np.nan, 3.0 * (1 + 1e-10)])) == []


def test_the_order_of_customers_and_features_is_no_difference() -> None:
    ours = frame(spend=[1.0, 2.0], baskets=[3.0, 4.0])
    assert differences(ours, ours.loc[["bob", "ann"], ["baskets", "spend"]]) == []


@pytest.mark.parametrize(
    ("value", "shown"), [(2.00001, "2.00001"), (np.nan, "nan")], ids=["another value", "unknown"]
)
def test_a_value_that_differs_is_shown(value: float, shown: str) -> None:
    [words] = differences(frame(spend=[1.0, 2.0]), frame(spend=[1.0, value]))
    assert words == f"spend: 1 of 2 values differ, first for customer bob: 2.0 beside {shown}"


def test_a_feature_that_only_one_of_them_has_is_named() -> None:
    assert differences(frame(new=[1.0, 2.0]), frame(old=[1.0, 2.0])) == [
        "new: the reference has no such feature",
        "old: only the reference has it",
    ]


def test_other_customers_are_a_difference() -> None:
    ours = frame(spend=[1.0, 2.0])
    assert differences(ours, ours.head(1)) == ["customers: 2 beside 1 of the reference, 1 of them in both"]


RUNS = [
    Run("features", 1, 10, seconds=2.0, processor_seconds=3.0, peak_mib=300.0),
    Run("pandas", 1, 10, seconds=4.0, processor_seconds=4.0, peak_mib=900.0),
    Run("features", 30, 300, seconds=10.0, processor_seconds=18.0, peak_mib=1000.0),
    Run("pandas", 30, 300, seconds=80.0, processor_seconds=80.0, peak_mib=4000.0),
]


def test_ratios_are_those_of_the_largest_scale() -> None:
    assert ratios(RUNS) == {"faster": 8.0, "memory_share": 0.25, "growth": 5.0}


def test_a_bar_that_is_missed_is_said_so() -> None:
    console = Console(record=True, width=100)
    print_bars(console, [*RUNS[:3], Run("pandas", 30, 300, 20.0, 20.0, 4000.0)])
    lines = [line for line in click.unstyle(console.export_text()).splitlines() if "│" in line]
    assert [line.split("│")[-2].strip() for line in lines] == ["missed", "met", "met"]
