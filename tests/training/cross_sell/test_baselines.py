"""Baselines on four customers with the expected scores beside them."""

import numpy as np
import pytest

from features.lists import best_items
from tests.training.cross_sell.purchases import interactions
from training.cross_sell.baselines import ItemKnn, OwnFrequency, Popularity, baselines
from training.cross_sell.tifu_knn import TifuKnn

# Items: apple, bread, cheese, dill, eggs; nobody bought eggs.
PAST = interactions(
    [
        ("ann", 0, "bread", 2),
        ("ann", 1, "bread", 9),
        ("ann", 1, "cheese", 9),
        ("ann", 2, "apple", 40),
        ("bob", 0, "bread", 1),
        ("bob", 0, "dill", 1),
        ("bob", 1, "dill", 5),
        ("cat", 0, "cheese", 27.9),
        ("cat", 0, "dill", 27.9),
        ("dan", 0, "apple", 30),
        ("dan", 0, "bread", 30),
    ],
    items=["eggs"],
)
ALL = np.arange(4)
ANN, BOB, CAT, DAN = range(4)


def test_popularity_counts_each_recent_customer_once() -> None:
    expected = [[0, 2, 2, 2, 0]] * 4
    np.testing.assert_array_equal(Popularity().fit(PAST)(ALL), expected)
    np.testing.assert_array_equal(Popularity(days=100).fit(PAST)(ALL), [[2, 3, 2, 2, 0]] * 4)
    np.testing.assert_array_equal(Popularity(days=7).fit(PAST)(ALL[:1]), [[0, 2, 0, 1, 0]])


def test_own_frequency_counts_baskets_then_recent_popularity() -> None:
    score = OwnFrequency().fit(PAST)(ALL)
    two_of_three = 2 / 3
    expected = [
        [1, 2 + two_of_three, 1 + two_of_three, two_of_three, 0],
        [0, 1 + two_of_three, two_of_three, 2 + two_of_three, 0],
        [0, two_of_three, 1 + two_of_three, 1 + two_of_three, 0],
        [1, 1 + two_of_three, two_of_three, two_of_three, 0],
    ]
    np.testing.assert_allclose(score, expected)
    assert best_items(score, None, 5)[ANN].tolist() == [1, 2, 0, 3, 4]


def test_own_frequency_without_recent_purchases_only_counts() -> None:
    score = OwnFrequency(days=0.5).fit(PAST)(ALL)
    np.testing.assert_array_equal(score[[ANN, DAN]], [[1, 2, 1, 0, 0], [1, 1, 0, 0, 0]])


def test_item_knn_sums_cosines_over_the_items_of_the_customer() -> None:
    # buyers: apple ann dan, bread ann bob dan, cheese ann cat, dill bob cat
    apple_bread, apple_cheese = 2 / np.sqrt(2 * 3), 1 / 2
    bread_cheese = bread_dill = 1 / np.sqrt(3 * 2)
    cheese_dill = 1 / 2
    score = ItemKnn().fit(PAST)(ALL)
    np.testing.assert_allclose(
        score[DAN], [apple_bread, apple_bread, apple_cheese + bread_cheese, bread_dill, 0]
    )
    np.testing.assert_allclose(
        score[CAT], [apple_cheese, bread_cheese + bread_dill, cheese_dill, cheese_dill, 0]
    )


def test_item_knn_keeps_the_nearest_items_only() -> None:
    # bread is nearest to apple; apple to bread; apple to cheese, before dill by code; cheese to dill
    score = ItemKnn(neighbours=1).fit(PAST)(ALL)
    np.testing.assert_allclose(score[DAN], [2 / np.sqrt(6), 2 / np.sqrt(6), 0, 0, 0])
    np.testing.assert_allclose(score[CAT], [1 / 2, 0, 1 / 2, 0, 0])


def test_item_knn_does_not_depend_on_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ItemKnn(neighbours=2).fit(PAST)(ALL)
    monkeypatch.setattr("training.cross_sell.baselines.BLOCK", 2)
    np.testing.assert_array_equal(ItemKnn(neighbours=2).fit(PAST)(ALL), whole)


@pytest.mark.parametrize("name", [*baselines(), "tifu_knn"])
def test_scores_are_of_the_customers_asked_for(name: str) -> None:
    baseline = {**baselines(), "tifu_knn": TifuKnn()}[name]
    scores = baseline.fit(PAST)
    everybody = scores(ALL)
    assert everybody.shape == PAST.shape
    assert everybody.dtype == np.float64
    np.testing.assert_allclose(scores(np.array([DAN, BOB])), everybody[[DAN, BOB]], atol=1e-12)
    assert scores(ALL[:0]).shape == (0, 5)


@pytest.mark.parametrize("name", [*baselines(), "tifu_knn"])
def test_one_customer_with_one_basket_is_enough(name: str) -> None:
    alone = interactions([("ann", 0, "bread", 1)], items=["apple"])
    score = {**baselines(), "tifu_knn": TifuKnn()}[name].fit(alone)(np.array([0]))
    assert np.isfinite(score).all()
    assert score[0, 1] >= score[0, 0] == 0
