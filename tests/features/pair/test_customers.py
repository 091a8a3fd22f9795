"""What a customer is like while an item is chosen for them."""

from math import nan
from pathlib import Path

import pytest

from features.pair.customers import CUSTOMERS
from tests.features.pair.tiny import customers_of, known_pairs, offering
from tests.features.tiny import known, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@300,apple,1.00
ann,b2,@60,pear,1.00
ann,b2,@60,plum,1.00
ann,b3,@28,figs,1.00
ann,b4,@20,kale,1.00
ann,b5,@10,apple,1.00
bob,b6,@84,apple,1.00
cid,b7,@3,coal,1.00
"""
ITEMS = """\
item_id,category
apple,fruit
pear,fruit
plum,fruit
figs,fruit
kale,greens
coal,
"""
VARIETY = ("items_all", "items_84d", "items_new_28d", "items_new_84d")


def test_appetite_for_something_new_counts_items(tmp_path: Path) -> None:
    rows = customers_of(known_pairs(tmp_path, transactions=LINES))
    assert [rows["ann"][name] for name in VARIETY] == [5, 5, 1, 4]  # kale; pear, plum, figs and kale
    assert [rows["bob"][name] for name in VARIETY] == [1, 0, 0, 0]


def test_appetite_depends_on_what_an_item_is(tmp_path: Path) -> None:
    rows = customers_of(known_pairs(tmp_path, offering("category"), transactions=LINES, items=ITEMS))
    assert [rows["ann"][name] for name in VARIETY] == [2, 2, 1, 1]  # fruit since ever, greens of late


def test_who_bought_no_item_of_the_level_is_not_offered_any(tmp_path: Path) -> None:
    known_at_level = known_pairs(tmp_path, offering("category"), transactions=LINES, items=ITEMS)
    assert known_at_level.customers.tolist() == ["ann", "bob"]


def test_activity_is_what_churn_knows_whatever_an_item_is(tmp_path: Path) -> None:
    churn = known(open_tiny(tmp_path, transactions=LINES, items=ITEMS))
    rows = customers_of(known_pairs(tmp_path, offering("category"), transactions=LINES, items=ITEMS))
    assert set(rows["ann"]) - set(VARIETY) == {feature.name for feature in CUSTOMERS} - {
        "promoted_lines_share"
    }
    for customer, row in rows.items():
        same = {name: churn[customer][name] for name in set(row) - set(VARIETY)}
        expected = {name: nan if value is None else value for name, value in same.items()}
        assert {name: row[name] for name in same} == pytest.approx(expected, nan_ok=True)
