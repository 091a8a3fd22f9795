from dataclasses import replace

import pytest

from features import grains
from features.definitions import Grain
from features.snapshot import History, history
from tests.features.tiny import AS_OF, open_tiny, rows_of

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity,store
ann,b9,@1.5,apple,2.00,1,north
ann,b9,@1.25,pear,4.00,2,
ann,b2,@8,apple,1.00,,north
ann,b2,@9,apple,-1.00,-1,north
ann,b3,@8,soap,3.00,1,
ann,b3,@8,soap,3.00,1,
bob,b1,@30,pear,5.00,1,south
bob,b4,@0,pear,5.00,1,south
"""
ITEMS = """\
item_id,name,category
apple,Apple,fruit
pear,Pear,fruit
"""
FEEDBACK = """\
customer_id,ts,kind,score
ann,@3,nps,8
ann,@3,nps,6
ann,@9,nps,1
ann,@5,csat,2
"""

GRAINS = [grain for grain in vars(grains).values() if isinstance(grain, Grain)]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("grains")
    opened = open_tiny(folder, transactions=LINES, items=ITEMS, feedback=FEEDBACK)
    return history(opened.tables, AS_OF)


def rolled(past: History, grain: Grain, *columns: str) -> list[tuple[object, ...]]:
    table = past.roll_up(grain)
    assert table is not None
    return [tuple(row.values()) for row in rows_of(table.select("customer_id", *columns))]


def test_baskets_are_numbered_from_the_newest_without_ties(past: History) -> None:
    assert rolled(past, grains.BASKET, "basket_id", "age", "amount", "lines", "units", "store", "rank") == [
        ("ann", "b2", 691_200, 1.0, 1, None, "north", 1),
        ("ann", "b3", 691_200, 6.0, 2, 2.0, None, 2),
        ("ann", "b9", 108_000, 6.0, 2, 3.0, "north", 0),
        ("bob", "b1", 2_592_000, 5.0, 1, 1.0, "south", 0),
    ]


def test_a_basket_with_an_unknown_quantity_is_still_a_basket(past: History) -> None:
    assert ("ann", "b2", None) in rolled(past, grains.BASKET, "basket_id", "units")


def test_days_know_the_pause_before_them(past: History) -> None:
    assert rolled(past, grains.DAY_OF_VISIT, "day", "amount", "rank", "gap") == [
        ("ann", 1, 6.0, 0, 7.0),
        ("ann", 8, 7.0, 1, None),
        ("bob", 30, 5.0, 0, None),
    ]


def test_weeks(past: History) -> None:
    assert rolled(past, grains.WEEK_OF_VISIT, "week", "amount") == [
        ("ann", 0, 6.0),
        ("ann", 1, 7.0),
        ("bob", 4, 5.0),
    ]


def test_rows_without_the_key_are_dropped(past: History) -> None:
    assert rolled(past, grains.STORE, "store", "amount") == [("ann", "north", 7.0), ("bob", "south", 5.0)]


def test_items_are_described_and_those_outside_the_catalogue_kept(past: History) -> None:
    assert rolled(past, grains.ITEM, "item_id", "age", "first_age", "lines", "category", "name") == [
        ("ann", "apple", 129_600, 691_200, 2, "fruit", "Apple"),
        ("ann", "pear", 108_000, 108_000, 1, "fruit", "Pear"),
        ("ann", "soap", 691_200, 691_200, 2, None, None),
        ("bob", "pear", 2_592_000, 2_592_000, 1, "fruit", "Pear"),
    ]


def test_categories_take_items_together(past: History) -> None:
    assert rolled(past, grains.CATEGORY, "category", "age", "first_age", "amount", "lines") == [
        ("ann", "fruit", 108_000, 691_200, 7.0, 3),
        ("bob", "fruit", 2_592_000, 2_592_000, 5.0, 1),
    ]


def test_returns(past: History) -> None:
    assert rolled(past, grains.RETURN, "basket_id", "age", "amount") == [("ann", "b2", 777_600, -1.0)]


def test_feedback_is_numbered_within_its_kind(past: History) -> None:
    assert rolled(past, grains.FEEDBACK, "kind", "age", "entries", "score", "rank") == [
        ("ann", "csat", 432_000, 1, 2.0, 0),
        ("ann", "nps", 259_200, 2, 7.0, 0),
        ("ann", "nps", 777_600, 1, 1.0, 1),
    ]


@pytest.mark.parametrize(
    "missing",
    [grains.CHANNEL, grains.BRAND, grains.DEPARTMENT, grains.CONTACT, grains.RESPONSE],
    ids=lambda g: g.name,
)
def test_a_grain_without_its_table_or_key_is_none(past: History, missing: Grain) -> None:
    assert past.roll_up(missing) is None


def test_aggregates_without_their_column_are_left_out(past: History) -> None:
    table = past.roll_up(grains.BASKET)
    assert table is not None
    assert not {"discount", "discounted", "promoted", "channel"} & set(table.columns)


def test_without_a_catalogue_items_are_only_ids(past: History) -> None:
    tables = {name: table for name, table in past.tables.items() if name != "items"}
    table = replace(past, tables=tables).roll_up(grains.ITEM)
    assert table is not None
    assert table.columns == ("customer_id", "item_id", "age", "first_age", "amount", "lines")


@pytest.mark.parametrize("grain", GRAINS, ids=lambda grain: grain.name)
def test_no_definition_hides_a_formula(grain: Grain) -> None:
    """A text such as `bind(_)` or `<object at 0x7f...>` would let a change pass, or make one up."""
    assert "bind(" not in grain.definition
    assert " at 0x" not in grain.definition
