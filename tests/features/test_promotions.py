"""What was promoted where: told by the promotions table or by the lines, and in which weeks a promotion counts."""

from pathlib import Path

import numpy as np
import pytest

from features.baskets import Caps
from tests.features.test_baskets import LINES, PRODUCT, PROMOTIONS, made, promoted, without


def test_an_item_is_promoted_where_the_promotions_table_says_so(tmp_path: Path) -> None:
    found = made(tmp_path, promotions=PROMOTIONS)
    assert promoted(found) == [[0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 1, 0]]


def test_without_stores_on_either_side_a_promotion_is_one_of_every_store(tmp_path: Path) -> None:
    weeks = made(tmp_path / "lines", transactions=without("store", LINES), promotions=PROMOTIONS)
    assert weeks.cell.tolist() == [0, 1, 1, 2, 0]
    assert promoted(weeks) == [[1, 1, 0], [0, 0, 1], [1, 0, 0]]
    everywhere = made(tmp_path / "promotions", promotions=without("store", PROMOTIONS))
    assert promoted(everywhere) == [[1, 1, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0]]


def test_without_that_table_it_is_promoted_where_a_line_was(tmp_path: Path) -> None:
    assert promoted(made(tmp_path)) == [[0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_without_any_promotion_nothing_is_said_of_them(tmp_path: Path) -> None:
    assert made(tmp_path, transactions=without("promoted", LINES)).promoted is None


@pytest.mark.parametrize(
    ("begins", "ends", "weeks"),
    [
        ("@14", "@7", {1}),
        ("@13.8", "@6.8", {1}),
        ("@14.2", "@7.2", {1}),
        ("@10", "@3", {0}),
        ("@10.5", "@3.5", {1}),
        ("@30", "@0", {0, 1, 2, 3}),
        ("@9", "@8", {1}),
        ("@9", "@9", {1}),
        ("@8", "@3", {0}),
        ("@9", "9999-12-31", {0}),
        ("@1", "9999-12-31", set()),
        ("@-1", "@-9", set()),
        ("1900-01-01", "@25", {4}),
        ("1900-01-01", "@24", {3, 4}),
    ],
)
def test_a_promotion_counts_in_the_weeks_that_it_mostly_covers(
    tmp_path: Path, begins: str, ends: str, weeks: set[int]
) -> None:
    lines = "".join(f"ann,b{week},@{7 * week + 1},p1,1.00\n" for week in range(5))
    found = made(
        tmp_path,
        transactions="customer_id,basket_id,ts,item_id,amount\n" + lines,
        promotions=f"item_id,from_ts,to_ts\np1,{begins},{ends}\n",
    )
    assert promoted(found) == [[week in weeks] for week in range(5)]


def test_mostly_is_half_of_the_week_or_of_the_promotion(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    ends = chance.integers(0, 28, 200) + 0.25
    begins = ends + chance.choice([1, 3, 6, 8, 13, 20], 200)
    names = [f"item {number}" for number in range(200)]
    bought = "".join(f"ann,b{week},@{7 * week + 1},{name},1.00\n" for week in range(8) for name in names)
    spans = "".join(f"{name},@{begin},@{end}\n" for name, begin, end in zip(names, begins, ends, strict=True))
    found = made(
        tmp_path,
        PRODUCT,
        Caps(200, 200, 1),
        transactions="customer_id,basket_id,ts,item_id,amount\n" + bought,
        promotions="item_id,from_ts,to_ts\n" + spans,
    )
    order = [names.index(item) for item in found.items]
    week = 7.0 * np.arange(8)[:, None]
    covered = np.minimum(begins, week + 7) - np.maximum(ends, week)
    expected = covered > np.minimum(begins - ends, 7) / 2
    assert promoted(found) == expected[:, order].tolist()
