"""Purchases as arrays: sums worked out by hand, ages at the border, and what is promised of order."""

from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.interactions import Interactions, arranged, interactions
from features.snapshot import history
from tests.features.tiny import AS_OF, open_tiny

# Customer, basket, item, age in days; nobody bought figs.
PAST = Interactions(
    customers=np.array(["ann", "bob"]),
    items=np.array(["apple", "bread", "figs"]),
    customer=np.array([0, 0, 0, 0, 1], dtype=np.int32),
    basket=np.array([0, 1, 1, 2, 0], dtype=np.int32),
    item=np.array([0, 0, 1, 0, 1], dtype=np.int32),
    age=np.array([1.0, 28.0, 28.0, 90.0, 7.0]),
)

TRANSACTIONS = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@30,pear,4.00,1
ann,b1,@30,apple,2.00,1
ann,b1,@30,apple,2.00,1
ann,b2,@2,apple,2.00,1
ann,b3,@2+1s,pear,2.00,1
ann,b4,@0,plum,9.00,1
bob,b5,@3,apple,2.00,1
bob,b5,@3,pear,5.00,-1
bob,b6,@1,apple,-2.00,-1
cid,b8,@9,apple,3.00,1
cid,b7,@9,pear,3.00,1
dan,b9,@-1,figs,3.00,1
"""

lines = st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.sampled_from("xyz")), min_size=1)


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


def test_a_history_becomes_purchases_without_returns_or_future(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=TRANSACTIONS)
    past = interactions(history(opened.tables, AS_OF))
    assert past.customers.tolist() == ["ann", "bob", "cid"]
    assert past.items.tolist() == ["apple", "pear"]
    assert past.customer.tolist() == [0, 0, 0, 0, 1, 2, 2]
    assert past.basket.tolist() == [0, 1, 2, 2, 0, 0, 1]
    assert past.item.tolist() == [0, 1, 0, 1, 0, 1, 0]
    np.testing.assert_allclose(past.age, [2, 2 + 1 / 86_400, 30, 30, 3, 9, 9])


@settings(deadline=None)
@given(lines, st.randoms(use_true_random=False))
def test_lines_in_any_order_are_arranged(known: set[tuple[str, int, str]], chance: Random) -> None:
    rows = sorted(known)
    chance.shuffle(rows)
    customer, basket, item = zip(*rows, strict=True)
    # Two customers may have baskets of the same name.
    names = [f"b{number}" for number in basket]
    who, where, what = (pa.chunked_array([list(ids)]) for ids in (customer, names, item))
    past = arranged(who, where, what, np.array(basket) + 1.0)
    found = list(zip(past.customers[past.customer], past.age - 1, past.items[past.item], strict=True))
    assert found == sorted(known)
    for one in past.customers:
        numbers = sorted({number for name, number, _ in known if name == one})
        ranks = past.basket[past.customers[past.customer] == one]
        assert ranks.tolist() == [numbers.index(number) for name, number, _ in found if name == one]
