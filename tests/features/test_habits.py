"""What customers use to buy, counted by hand, and cut off a year back and at the moment."""

from pathlib import Path

import pytest

from features.dataset import Bundles
from features.errors import InputError
from features.habits import Habits
from tests.features.tiny import AS_OF, ago, open_tiny

TYPE = Bundles(item_level="type")
ITEMS = "item_id,type\np1,milk\np2,milk\np3,bread\np4,figs\np5,\np6,wine\n"

# b1 is a basket of ann and another of bob; p5 is of no type; b7 is older than a year, b8 and b9 of the future.
LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@30,p1,2.00,1
ann,b1,@30,p2,2.00,1
ann,b1,@30,p3,2.00,1
ann,b2,@2,p3,2.00,1
ann,b2,@2,p3,2.00,1
ann,b3,@1,p5,2.00,1
ann,b4,@1,p4,-2.00,-1
ann,b5,@364,p1,2.00,1
ann,b7,@365,p4,2.00,1
bob,b1,@365-1s,p4,2.00,1
cid,b7,@400,p1,2.00,1
ann,b8,@0,p6,2.00,1
dan,b9,@-1,p6,2.00,1
"""


def habits(folder: Path, declared: Bundles = TYPE, days: float = 0) -> dict[str, dict[str, float]]:
    opened = open_tiny(folder, transactions=LINES, items=ITEMS)
    found = Habits(opened.tables, declared, ago(days))
    content = found.content()
    told = {
        customer: {content.items[item]: share for item, share in zip(row.items, row.share, strict=True)}
        for customer, row in content.rows
    }
    assert found.info.customers == len(told)
    assert found.info.item_level == declared.item_level
    return told


def test_a_habit_is_the_share_of_the_baskets_of_the_last_year(tmp_path: Path) -> None:
    assert habits(tmp_path) == {
        "ann": {"milk": pytest.approx(2 / 3), "bread": pytest.approx(2 / 3)},
        "bob": {"figs": 1.0},
    }


def test_the_level_says_what_an_item_is(tmp_path: Path) -> None:
    assert habits(tmp_path, Bundles(item_level="product")) == {
        "ann": {"p1": 0.5, "p2": 0.25, "p3": 0.5, "p5": 0.25},
        "bob": {"p4": 1.0},
    }


def test_nothing_at_or_after_the_moment_matters(tmp_path: Path) -> None:
    assert habits(tmp_path, days=2) == {
        "ann": {"milk": pytest.approx(2 / 3), "bread": pytest.approx(1 / 3), "figs": pytest.approx(1 / 3)},
        "bob": {"figs": 1.0},
    }


def test_before_all_purchases_nobody_has_habits(tmp_path: Path) -> None:
    assert habits(tmp_path, days=500) == {}


def test_a_level_that_is_not_there_is_refused(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES, items=ITEMS)
    with pytest.raises(InputError, match='item_level = "brand": the items table has no column'):
        Habits(opened.tables, Bundles(item_level="brand"), AS_OF)
