"""What a customer did with an item, by hand."""

from dataclasses import replace
from math import exp
from pathlib import Path

import pytest

from features.pair.purchases import PURCHASES
from features.snapshot import PAIR, history, snapshot
from tests.features.tiny import AS_OF, nearly, open_tiny, rows_of

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity,promoted
ann,b1,@100,apple,2.00,1,yes
ann,b2,@60,apple,4.00,1,no
ann,b2,@60,apple,1.00,1,yes
ann,b3,@20,apple,3.00,1,
ann,b3,@20,pear,6.00,2,no
ann,b4,@5,apple,-3.00,-1,no
ann,b5,@0,apple,3.00,1,yes
bob,b6,@28,apple,2.50,1,no
bob,b7,@28-1s,pear,2.50,1,no
cid,b8,@-1,apple,2.50,1,no
"""


def found(folder: Path, text: str = LINES) -> dict[tuple[object, object], dict[str, object]]:
    past = history(open_tiny(folder, transactions=text).tables, AS_OF)
    rows = rows_of(snapshot(past, PURCHASES, PAIR))
    return {(row.pop("customer_id"), row.pop("item_id")): row for row in rows}


def test_of_three_baskets(tmp_path: Path) -> None:
    assert found(tmp_path)["ann", "apple"] == nearly(
        {
            "pair_baskets": 3,  # b2 holds it twice, b4 is a return, b5 is not past
            "pair_baskets_28d": 1,
            "pair_baskets_84d": 2,
            "pair_days_since": 20,
            "pair_days_since_first": 100,
            "pair_fading_14d": exp(-100 / 14) + exp(-60 / 14) + exp(-20 / 14),
            "pair_fading_42d": exp(-100 / 42) + exp(-60 / 42) + exp(-20 / 42),
            "pair_fading_120d": exp(-100 / 120) + exp(-60 / 120) + exp(-20 / 120),
            "pair_gap_days": 40,
            "pair_amount": 10 / 3,
            "pair_promoted_share": 1,  # b1, and one of the two lines of b2; of b3 it is not known
            "pair_weeks": 3,
            "pair_periods": 3,
            "pair_periods_fading": 0.75**3 + 0.75**2 + 1,
            "pair_since_over_gap": 0.5,
        }
    )


def test_of_a_single_basket_there_is_no_rhythm(tmp_path: Path) -> None:
    row = found(tmp_path)["bob", "apple"]
    assert {name: row[name] for name in ("pair_gap_days", "pair_since_over_gap")} == {
        "pair_gap_days": None,
        "pair_since_over_gap": None,
    }
    assert row["pair_days_since"] == row["pair_days_since_first"] == 28


def test_a_window_ends_a_second_before_its_days_are_over(tmp_path: Path) -> None:
    rows = found(tmp_path)
    assert (rows["bob", "apple"]["pair_baskets_28d"], rows["bob", "pear"]["pair_baskets_28d"]) == (0, 1)
    assert (rows["bob", "apple"]["pair_periods_fading"], rows["bob", "pear"]["pair_periods_fading"]) == (
        pytest.approx(0.75),
        1,
    )


def test_only_pairs_with_a_purchase_in_the_past_have_a_row(tmp_path: Path) -> None:
    assert set(found(tmp_path)) == {("ann", "apple"), ("ann", "pear"), ("bob", "apple"), ("bob", "pear")}


def test_without_promotions_the_rest_is_the_same(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES)
    assert opened.tables.transactions is not None
    plain = replace(opened.tables, transactions=opened.tables.transactions.drop("promoted", "quantity"))
    names = snapshot(history(plain, AS_OF), PURCHASES, PAIR).columns
    assert set(names) == {*PAIR, *(feature.name for feature in PURCHASES)} - {"pair_promoted_share"}


def test_nothing_is_known_before_the_first_purchase(tmp_path: Path) -> None:
    past = history(open_tiny(tmp_path, transactions=LINES).tables, AS_OF.replace(year=2020))
    assert rows_of(snapshot(past, PURCHASES, PAIR)) == []
