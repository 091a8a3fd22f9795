"""Purchases as arrays: sums worked out by hand, and ages at the border."""

import numpy as np
import pytest

from features.interactions import Interactions

# Customer, basket, item, age in days; nobody bought figs.
PAST = Interactions(
    customers=np.array(["ann", "bob"]),
    items=np.array(["apple", "bread", "figs"]),
    customer=np.array([0, 0, 0, 0, 1], dtype=np.int32),
    basket=np.array([0, 1, 1, 2, 0], dtype=np.int32),
    item=np.array([0, 0, 1, 0, 1], dtype=np.int32),
    age=np.array([1.0, 28.0, 28.0, 90.0, 7.0]),
)


def test_shape_and_baskets_count_customers_items_and_baskets() -> None:
    assert PAST.shape == (2, 3)
    assert PAST.baskets.tolist() == [3, 1]


def test_counts_are_baskets_with_the_item() -> None:
    assert PAST.counts().toarray().tolist() == [[3, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(28.0, [[1, 0, 0], [0, 1, 0]]), (28.1, [[2, 1, 0], [0, 1, 0]]), (1.0, [[0, 0, 0], [0, 0, 0]])],
)
def test_the_last_days_end_before_their_age(days: float, expected: list[list[int]]) -> None:
    assert PAST.counts(days).toarray().tolist() == expected
    assert PAST.counts(days).nnz == np.count_nonzero(expected)


def test_bought_is_once_or_more() -> None:
    assert PAST.bought().toarray().tolist() == [[1, 1, 0], [0, 1, 0]]
    assert PAST.bought(7.5).toarray().tolist() == [[1, 0, 0], [0, 1, 0]]
    assert PAST.counts().toarray().tolist() == [[3, 1, 0], [0, 1, 0]]


def test_fading_falls_with_age() -> None:
    expected = [[np.exp([-0.1, -2.8, -9]).sum(), np.exp(-2.8), 0], [0, np.exp(-0.7), 0]]
    np.testing.assert_allclose(PAST.fading(10).toarray(), expected)


def test_sums_add_any_weight_by_customer_and_item() -> None:
    found = PAST.sums(np.array([1.0, 2.0, 4.0, 0.0, 0.0]))
    assert found.toarray().tolist() == [[3, 4, 0], [0, 0, 0]]
    assert found.nnz == 2
