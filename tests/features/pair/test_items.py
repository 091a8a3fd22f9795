"""What an item is like for everybody, by hand."""

from math import nan
from pathlib import Path

import pytest

from features.pair.items import ITEMS
from tests.features.pair.tiny import HEADER, items_of, known_pairs

LINES = """\
customer_id,basket_id,ts,item_id,amount,promoted
ann,b1,@90,apple,2.00,no
ann,b2,@50,apple,2.00,no
ann,b3,@10,apple,5.00,yes
bob,b4,@40,apple,3.00,no
bob,b4,@40,pear,1.00,no
cid,b5,@20,apple,4.00,no
cid,b6,@6,pear,1.50,no
dan,b7,@5,figs,1.00,no
eve,b8,@300,pear,2.00,no
"""


def test_of_an_item_that_some_buy_again(tmp_path: Path) -> None:
    apple = items_of(known_pairs(tmp_path, transactions=LINES))["apple"]
    expected = {
        "item_customers": 3,
        "item_repeat_share": 1 / 3,  # ann
        "item_gap_days": 80 / 2,  # ann's two gaps
        "item_price": (9 + 3 + 4) / 5,
        "item_promoted_28d": 1 / 2,  # ann's basket of the last 28 days of ann's and cid's
        "item_buyers_7d": 0,
        "item_buyers_14d": 1 / 3,  # ann, of ann, cid and dan
        "item_buyers_28d": 2 / 3,
        "item_buyers_84d": 3 / 4,  # eve has not been here
        "item_trend": (2 + 5) * 4 / ((3 + 5) * 3),
        "item_trend_14d": (1 + 5) * 3 / ((2 + 5) * 3),
        "item_new_rate": 1
        / 3,  # cid, of bob's and ann's company: five customers, three of whom had it or began
        "item_return_rate": 1 / 2,  # ann, of ann and bob
    }
    assert apple == pytest.approx(expected)


def test_of_an_item_bought_once_there_is_no_rhythm(tmp_path: Path) -> None:
    figs = items_of(known_pairs(tmp_path, transactions=LINES))["figs"]
    some = {"item_customers": 1, "item_repeat_share": 0, "item_gap_days": nan, "item_return_rate": nan}
    assert {name: figs[name] for name in some} == pytest.approx(some, nan_ok=True)
    assert figs["item_new_rate"] == 1 / 5  # dan, of all five customers


def test_an_item_of_long_ago_is_bought_by_nobody_now(tmp_path: Path) -> None:
    quiet = known_pairs(tmp_path, transactions=HEADER + "ann,b1,@900,apple,1\nbob,b2,@800,apple,1\n")
    apple = items_of(quiet)["apple"]
    assert [apple[f"item_buyers_{days}d"] for days in (7, 14, 28, 84)] == pytest.approx(
        [nan] * 4, nan_ok=True
    )
    assert apple["item_customers"] == 2


def test_items_that_everybody_has_are_new_to_nobody(tmp_path: Path) -> None:
    full = known_pairs(tmp_path, transactions=HEADER + "ann,b1,@40,apple,1\nbob,b2,@50,apple,1\n")
    apple = items_of(full)["apple"]
    assert apple["item_new_rate"] == pytest.approx(nan, nan_ok=True)
    assert apple["item_return_rate"] == 0


def test_without_promotions_there_is_no_share_of_them(tmp_path: Path) -> None:
    names = set(items_of(known_pairs(tmp_path, transactions=HEADER + "ann,b1,@40,apple,1\n"))["apple"])
    counts = {feature.name for feature in ITEMS if feature.unit == "count"}
    assert {feature.name for feature in ITEMS} - counts - names == {"item_promoted_28d"}
