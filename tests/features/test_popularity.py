"""What is popular in a segment, by hand."""

from pathlib import Path

import numpy as np
import pytest

from features import popularity
from features.interactions import Interactions
from features.popularity import popular_items, segments
from features.store import PopularItem
from features.tables import Tables
from tests.features.shop import INACTIVITY
from tests.features.tiny import open_tiny

# Of the last 28 days: ann bread and tea, bob bread, cid bread, dan tea. eve bought figs before.
LINES = Interactions(
    customers=np.array(["ann", "bob", "cid", "dan", "eve"]),
    items=np.array(["bread", "figs", "tea"]),
    customer=np.array([0, 0, 0, 1, 2, 3, 4], dtype=np.int32),
    basket=np.array([0, 0, 1, 0, 0, 0, 0], dtype=np.int32),
    item=np.array([0, 2, 0, 0, 0, 2, 1], dtype=np.int32),
    age=np.array([1.0, 1.0, 2.0, 27.0, 3.0, 4.0, 28.0]),
)
SEGMENTS = {"ann": "city", "bob": "city", "cid": "", "dan": "village", "eve": "sea", "fay": "hills"}


def listed(segment_of: dict[str, str]) -> dict[str, list[tuple[int, float]]]:
    found = popular_items(LINES, segment_of, 28)
    return {segment: [(one.item, one.probability) for one in ones] for segment, ones in found.items()}


def test_everybody_are_those_who_bought_anything_in_the_time() -> None:
    assert listed({}) == {"": [(0, 3 / 4), (2, 2 / 4)]}


def test_a_segment_leans_on_everybody() -> None:
    found = listed(SEGMENTS)
    assert found[""] == [(0, 3 / 4), (2, 2 / 4)]
    assert dict(found["city"]) == pytest.approx({0: (2 + 20 * 3 / 4) / 22, 2: (1 + 20 * 2 / 4) / 22})
    assert dict(found["village"]) == pytest.approx({0: (0 + 20 * 3 / 4) / 21, 2: (1 + 20 * 2 / 4) / 21})


def test_a_segment_without_purchases_has_no_list_of_its_own() -> None:
    assert set(listed(SEGMENTS)) == {"", "city", "village"}


def test_of_equals_the_lower_item_comes_first() -> None:
    found = popular_items(LINES, {}, 3)  # ann alone, bread and tea
    assert found == {"": [PopularItem(0, 1.0), PopularItem(2, 1.0)]}


def test_lists_are_no_longer_than_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(popularity, "LISTED", 1)
    assert {segment: len(ones) for segment, ones in listed(SEGMENTS).items()} == {
        "": 1,
        "city": 1,
        "village": 1,
    }


def test_nobody_bought_anything() -> None:
    assert popular_items(LINES, SEGMENTS, 1) == {"": []}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    people = "customer_id,home_region\nann,north\nbob,\ncid,far south\n"
    lines = "customer_id,basket_id,ts,item_id,amount\ndan,b1,@3,i1,1\n"
    return open_tiny(
        tmp_path_factory.mktemp("popular"),
        INACTIVITY,
        'home_region = ["north", "far south"]\n',
        customers=people,
        transactions=lines,
    ).tables


def test_a_segment_is_told_with_its_attribute(tables: Tables) -> None:
    assert segments(tables, "home_region") == {
        "ann": "home region north",
        "bob": "",
        "cid": "home region far south",
    }


def test_without_an_attribute_everybody_is_alike(tables: Tables) -> None:
    assert segments(tables, None) == {"ann": "", "bob": "", "cid": ""}


def test_without_a_customers_table_there_are_no_segments(tmp_path: Path) -> None:
    lines = "customer_id,basket_id,ts,item_id,amount\ndan,b1,@3,i1,1\n"
    assert segments(open_tiny(tmp_path, transactions=lines).tables, None) == {}
