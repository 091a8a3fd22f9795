"""Which bought item speaks most for a candidate."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.interactions import Codes
from features.pair.reasons import ItemWeights

# Of the items 2, 5 and 7; from the row to the column.
WEIGHTS = ItemWeights(
    np.array([2, 5, 7], dtype=np.int32),
    np.array([[0.0, 0.3, -0.2], [0.1, 0.0, -0.1], [0.1, 0.4, 0.0]]),
)


def codes(*items: int) -> Codes:
    return np.array(items, dtype=np.int32)


def test_the_greatest_weight_speaks() -> None:
    assert WEIGHTS.strongest(codes(2, 7), codes(5)).tolist() == [7]
    assert WEIGHTS.strongest(codes(2, 5), codes(5, 2)).tolist() == [2, 5]


def test_of_equals_the_first_speaks() -> None:
    assert WEIGHTS.strongest(codes(5, 7), codes(2)).tolist() == [5]


def test_nothing_speaks_for_an_item_with_weights_below_zero() -> None:
    assert WEIGHTS.strongest(codes(2, 5), codes(7)).tolist() == [-1]


def test_an_item_does_not_speak_for_itself() -> None:
    assert WEIGHTS.strongest(codes(5), codes(5)).tolist() == [-1]


def test_items_without_weights_neither_speak_nor_are_spoken_for() -> None:
    assert WEIGHTS.strongest(codes(0, 6, 9), codes(5)).tolist() == [-1]
    assert WEIGHTS.strongest(codes(2, 9), codes(9, 5, 0)).tolist() == [-1, 2, -1]


def test_there_may_be_nothing_to_look_at() -> None:
    assert WEIGHTS.strongest(codes(), codes(5)).tolist() == [-1]
    assert WEIGHTS.strongest(codes(2), codes()).tolist() == []
    nothing = ItemWeights(codes(), np.empty((0, 0)))
    assert nothing.strongest(codes(2), codes(5)).tolist() == [-1]


@given(st.sets(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_it_is_a_bought_item_of_greatest_weight_or_none(bought: set[int], candidates: list[int]) -> None:
    found = WEIGHTS.strongest(codes(*sorted(bought)), codes(*candidates)).tolist()
    table = np.zeros((10, 10))
    table[np.ix_(WEIGHTS.items, WEIGHTS.items)] = WEIGHTS.weights
    for candidate, speaks in zip(candidates, found, strict=True):
        weights = {item: table[item, candidate] for item in bought}
        best = max(weights.values(), default=0.0)
        assert weights[speaks] == best > 0 if speaks >= 0 else best <= 0
