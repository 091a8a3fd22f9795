"""Counts of pairs and itemsets against counting by hand."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from features.errors import InputError
from training.bundles import counting
from training.bundles.counting import itemsets, pair_counts

A, B, C, D = range(4)
BASKETS = [{C, A}, {B, A, C}, {D}, {A, B}, {C, B, A}, set()]

many_baskets = st.lists(st.frozensets(st.integers(0, 6)), max_size=25)


def table(baskets: Sequence[set[int] | frozenset[int]], items: int) -> csr_array:
    """(baskets, items) 1.0 where the basket holds the item."""
    held = np.zeros((len(baskets), items))
    for basket, its_items in enumerate(baskets):
        held[basket, list(its_items)] = 1.0
    return csr_array(held)


def found(baskets: csr_array, min_count: int, max_len: int | None = None) -> dict[tuple[int, ...], int]:
    return {
        tuple(row): count
        for each in itemsets(baskets, min_count, max_len)
        for row, count in zip(each.items.tolist(), each.count.tolist(), strict=True)
    }


def by_hand(
    baskets: Sequence[frozenset[int]], min_count: int, max_len: int | None
) -> dict[tuple[int, ...], int]:
    """Every set of seven items, looked for in every basket."""
    longest = 7 if max_len is None else max_len
    sets = (each for length in range(1, longest + 1) for each in combinations(range(7), length))
    counts = {each: sum(basket.issuperset(each) for basket in baskets) for each in sets}
    return {each: count for each, count in counts.items() if count >= min_count}


def test_pairs_are_counted_both_ways_round_and_items_on_the_diagonal() -> None:
    expected = [[4, 3, 3, 0], [3, 3, 2, 0], [3, 2, 3, 0], [0, 0, 0, 1]]
    counts = pair_counts(table(BASKETS, 4))
    assert counts.dtype == np.int64
    assert counts.tolist() == expected
    assert pair_counts(table(BASKETS[::-1], 4)).tolist() == expected


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 100])
def test_blocks_change_no_count(monkeypatch: pytest.MonkeyPatch, lines: int) -> None:
    expected = pair_counts(table(BASKETS, 4)).tolist()
    monkeypatch.setattr(counting, "LINES_A_BLOCK", lines)
    assert pair_counts(table(BASKETS, 4)).tolist() == expected


def test_an_item_counts_once_a_basket() -> None:
    twice_and_not = csr_array(([1.0, 3.0, 2.0, 0.0], [A, A, B, C], [0, 4]), shape=(1, 3))
    assert pair_counts(twice_and_not).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert found(twice_and_not, 1) == {(A,): 1, (B,): 1, (A, B): 1}


def test_a_table_is_left_as_it_was() -> None:
    unsorted = csr_array(([1.0, 1.0, 2.0], [B, A, A], [0, 3]), shape=(1, 2))
    pair_counts(unsorted)
    itemsets(unsorted, 1)
    assert unsorted.indices.tolist() == [B, A, A]
    assert unsorted.data.tolist() == [1.0, 1.0, 2.0]


def test_itemsets_come_by_length_with_their_counts() -> None:
    singles, pairs, triples = itemsets(table(BASKETS, 4), min_count=2)
    assert singles.items.tolist() == [[A], [B], [C]]
    assert singles.count.tolist() == [4, 3, 3]
    assert pairs.items.tolist() == [[A, B], [A, C], [B, C]]
    assert pairs.count.tolist() == [3, 3, 2]
    assert triples.items.tolist() == [[A, B, C]]
    assert triples.count.tolist() == [2]


def test_no_length_is_empty_and_none_is_beyond_the_longest() -> None:
    assert [each.items.shape for each in itemsets(table(BASKETS, 4), 3)] == [(3, 1), (2, 2)]
    assert [each.items.shape for each in itemsets(table(BASKETS, 4), 2, max_len=1)] == [(3, 1)]
    assert itemsets(table(BASKETS, 4), min_count=5) == []


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (3, 3)])
def test_of_nothing_there_is_nothing(shape: tuple[int, int]) -> None:
    assert pair_counts(csr_array(shape)).tolist() == np.zeros((shape[1], shape[1])).tolist()
    assert itemsets(csr_array(shape), 1) == []


def test_everything_in_every_basket() -> None:
    full = [frozenset(range(7))] * 5
    assert found(table(full, 7), 5) == by_hand(full, 5, None)
    assert len(found(table(full, 7), 5)) == 2**7 - 1


def test_a_basket_of_thousands_of_items_costs_no_more_than_its_pairs() -> None:
    huge = table([*BASKETS, set(range(5_000))], 5_000)
    assert pair_counts(huge).sum() == pair_counts(table(BASKETS, 4)).sum() + 5_000**2
    assert found(huge, 3) == {(A,): 5, (B,): 4, (C,): 4, (A, B): 4, (A, C): 4, (B, C): 3, (A, B, C): 3}


@given(many_baskets, st.integers(1, 5), st.one_of(st.none(), st.integers(1, 5)))
def test_itemsets_are_those_of_counting_by_hand(
    baskets: list[frozenset[int]], min_count: int, max_len: int | None
) -> None:
    assert found(table(baskets, 7), min_count, max_len) == by_hand(baskets, min_count, max_len)


@given(many_baskets)
def test_pairs_are_those_of_counting_by_hand(baskets: list[frozenset[int]]) -> None:
    counts = pair_counts(table(baskets, 7))
    for first, second in np.ndindex(7, 7):
        assert counts[first, second] == sum({first, second} <= basket for basket in baskets)


@pytest.mark.parametrize(("min_count", "max_len"), [(0, None), (1, 0)])
def test_limits_below_one_are_refused(min_count: int, max_len: int | None) -> None:
    with pytest.raises(InputError, match="must be 1 or more"):
        itemsets(table(BASKETS, 4), min_count, max_len)
