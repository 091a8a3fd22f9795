"""Names do not lie on each other, and the same links are always laid out in the same way."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.bundles.layout import Link, Place, arranged

ITEMS = [f"item-{number}" for number in range(12)]
LINKS = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)).filter(lambda link: link[0] != link[1]),
    min_size=1,
    max_size=20,
)
BOX = {item: (0.4 + 0.1 * number, 0.3 + 0.02 * number) for number, item in enumerate(ITEMS)}


def overlap(places: dict[str, Place], boxes: dict[str, Place], one: str, other: str) -> bool:
    return all(
        abs(places[one][axis] - places[other][axis]) < (boxes[one][axis] + boxes[other][axis]) / 2 - 1e-9
        for axis in (0, 1)
    )


@given(LINKS)
def test_every_linked_item_has_a_place_of_its_own(links: list[Link]) -> None:
    places, (width, height) = arranged(links, BOX, 6.0)
    assert set(places) == {item for link in links for item in link}
    assert not [pair for pair in combinations(places, 2) if overlap(places, BOX, *pair)]
    for item, (x, y) in places.items():
        assert BOX[item][0] / 2 - 1e-9 <= x <= width - BOX[item][0] / 2 + 1e-9
        assert BOX[item][1] / 2 - 1e-9 <= y <= height - BOX[item][1] / 2 + 1e-9


@given(LINKS)
def test_order_and_direction_of_links_say_nothing(links: list[Link]) -> None:
    turned = [(second, first) for first, second in reversed(links)]
    assert arranged(links, BOX, 6.0) == arranged([*turned, *links], BOX, 6.0)


def test_parts_stand_side_by_side_the_largest_first() -> None:
    boxes = dict.fromkeys("abcdefg", (0.5, 0.5))
    places, (width, _height) = arranged([("f", "g"), ("a", "b"), ("c", "d"), ("d", "e")], boxes, 5.0)
    assert places["c"][1] > 0
    assert max(places[item][0] for item in "cde") < min(places[item][0] for item in "ab")
    assert max(places[item][1] for item in "fg") < min(places[item][1] for item in "ab")
    assert width <= 5.0


def test_a_part_that_is_too_wide_has_a_row_for_itself() -> None:
    chain = [(f"{place}", f"{place + 1}") for place in range(8)]
    places, (width, _height) = arranged(
        [*chain, ("x", "y")], dict.fromkeys([*map(str, range(9)), *"xy"], (1.0, 0.2)), 2.0
    )
    assert width > 2.0
    assert max(places[item][1] for item in "xy") < min(places[f"{item}"][1] for item in range(9))


def test_linked_items_are_nearer_than_others() -> None:
    places, _size = arranged([("a", "b"), ("b", "c"), ("c", "d")], dict.fromkeys("abcd", (0.2, 0.2)), 9.0)
    apart = {
        (one, other): ((places[one][0] - places[other][0]) ** 2 + (places[one][1] - places[other][1]) ** 2)
        ** 0.5
        for one, other in combinations("abcd", 2)
    }
    assert apart["a", "b"] < apart["a", "c"] < apart["a", "d"]
    assert sum(apart[pair] for pair in (("a", "b"), ("b", "c"), ("c", "d"))) / 3 == pytest.approx(1.25)
