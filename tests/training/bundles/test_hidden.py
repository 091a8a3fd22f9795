"""One item is hidden from each basket, always the same one."""

import numpy as np

from tests.training.bundles.made import made
from training.bundles.hidden import hide_one

ROWS = [
    ("ann", 3.0, ["bread", "butter", "jam"]),
    ("ann", 2.0, ["bread"]),
    ("bob", 1.0, ["butter", "figs", "tea"]),
    ("bob", 4.0, ["butter", "tea"]),
    ("cay", 1.0, []),
]


def test_large_baskets_lose_one_item_and_keep_the_others() -> None:
    baskets = made(ROWS)
    hidden = hide_one(baskets, 10)
    assert baskets.customers[hidden.customer].tolist() == ["ann", "bob"]
    whole = hidden.held.toarray()
    whole[np.arange(2), hidden.item] += 1.0
    assert whole.tolist() == baskets.table[[0, 2]].toarray().tolist()
    assert hidden.held.sum(axis=1).tolist() == [2, 2]


def test_the_same_baskets_lose_the_same_items() -> None:
    first, second = (hide_one(made(ROWS * 5), 6) for _ in range(2))
    assert (first.item.tolist(), len(first.item)) == (second.item.tolist(), 6)


def test_nothing_to_hide_is_nothing_hidden() -> None:
    assert len(hide_one(made(ROWS[1:2]), 10).item) == 0


def test_every_item_of_a_basket_may_be_the_hidden_one() -> None:
    hidden = hide_one(made([("ann", 1.0, ["a", "b", "c"])] * 60), 60)
    assert set(hidden.item.tolist()) == {0, 1, 2}
