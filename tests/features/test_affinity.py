"""Closed forms against the textbook, against a solver that knows no closed form, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from features.affinity import (
    alike,
    basket_serials,
    cosine,
    directions,
    factors,
    following,
    item_to_item,
    most_bought,
    regression,
    together,
)
from features.interactions import Floats, Interactions

BOUGHT = csr_array(
    np.array(
        [
            [1.0, 1.0, 0.0, 0.0],
            [1.0, 1.0, 1.0, 0.0],
            [0.0, 1.0, 1.0, 0.0],
            [1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 1.0, 0.0],
        ]
    )
)

# The newest basket is number 0.
PAST = Interactions(
    customers=np.array(["ann", "bob"]),
    items=np.array(["apple", "bread", "figs"]),
    customer=np.array([0, 0, 0, 0, 1, 1], dtype=np.int32),
    basket=np.array([0, 1, 1, 2, 0, 1], dtype=np.int32),
    item=np.array([1, 0, 1, 0, 0, 2], dtype=np.int32),
    age=np.array([1.0, 5.0, 5.0, 9.0, 2.0, 3.0]),
)

tables = arrays(
    np.float64, st.tuples(st.integers(1, 8), st.integers(1, 6)), elements=st.sampled_from([0.0, 1.0])
)


def test_most_bought_are_the_items_of_most_customers_the_lower_code_first() -> None:
    assert most_bought(BOUGHT, 1).tolist() == [1]
    assert most_bought(BOUGHT, 2).tolist() == [0, 1]
    assert most_bought(BOUGHT, 99).tolist() == [0, 1, 2, 3]


def test_together_counts_customers_of_both() -> None:
    assert together(BOUGHT).tolist() == [[3, 2, 1, 0], [2, 4, 3, 0], [1, 3, 3, 0], [0, 0, 0, 0]]


def test_cosine_is_shared_customers_over_the_mean_of_each() -> None:
    similar = cosine(together(BOUGHT))
    expected = 2 / np.sqrt(3 * 4)
    assert similar[0, 1] == similar[1, 0] == pytest.approx(expected)
    assert np.diag(similar).tolist() == [0, 0, 0, 0]
    assert similar[3].tolist() == [0, 0, 0, 0]


def test_item_to_item_is_the_formula_of_the_paper() -> None:
    gram, penalty = together(BOUGHT), 0.7
    inverse = np.linalg.inv(gram + penalty * np.eye(4))
    expected = np.eye(4) - inverse @ np.diag(1 / np.diag(inverse))
    np.testing.assert_allclose(item_to_item(gram, penalty), expected, atol=1e-12)


@settings(deadline=None)
@given(tables, st.floats(0.01, 10))
def test_item_to_item_foretells_each_item_by_ridge_regression_on_the_others(
    bought: Floats, penalty: float
) -> None:
    weights = item_to_item(together(csr_array(bought)), penalty)
    for item in range(bought.shape[1]):
        others = np.delete(bought, item, axis=1)
        gram = others.T @ others + penalty * np.eye(others.shape[1])
        expected = np.linalg.solve(gram, others.T @ bought[:, item])
        np.testing.assert_allclose(np.delete(weights[:, item], item), expected, atol=1e-9)
        assert weights[item, item] == 0


def test_items_bought_by_everybody_are_no_difficulty() -> None:
    everything = csr_array(np.ones((5, 3)))
    assert np.isfinite(item_to_item(together(everything), 1.0)).all()
    weights, intercepts = regression(everything, everything, 1.0)
    np.testing.assert_allclose(everything @ weights + intercepts, np.ones((5, 3)))


def test_regression_is_the_ridge_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    inputs, targets = random.random((30, 4)), random.random((30, 3))
    weights, intercepts = regression(csr_array(inputs), csr_array(targets), 2.5)
    peer = Ridge(alpha=2.5).fit(inputs, targets)
    np.testing.assert_allclose(weights, peer.coef_.T, atol=1e-10)
    np.testing.assert_allclose(intercepts, peer.intercept_, atol=1e-10)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_rows_projected_onto_factors_are_their_best_approximation(rank: int) -> None:
    rows = np.random.default_rng(0).normal(size=(9, 4))
    left, lengths, right = np.linalg.svd(rows, full_matrices=False)
    directions = factors(rows.T @ rows, rank)
    best = (left[:, :rank] * lengths[:rank]) @ right[:rank]
    np.testing.assert_allclose(rows @ directions @ directions.T, best, atol=1e-9)


def test_as_many_factors_as_items_give_the_rows_again() -> None:
    rows = np.random.default_rng(0).normal(size=(9, 4))
    directions = factors(rows.T @ rows, 48)
    np.testing.assert_allclose(rows @ directions @ directions.T, rows, atol=1e-9)


def test_following_is_the_share_of_next_baskets() -> None:
    # ann: {apple}, then {apple, bread}, then {bread}. bob: {figs}, then {apple}.
    chosen = np.array([0, 1, 2], dtype=np.int32)
    expected = np.array([[1 / 2, 2 / 2, 0], [0, 1 / 1, 0], [1 / 1, 0, 0]])
    np.testing.assert_allclose(following(PAST, chosen, 0.0), expected)


def test_following_believes_a_rare_item_less() -> None:
    chosen = np.array([1, 2], dtype=np.int32)
    np.testing.assert_allclose(following(PAST, chosen, 3.0), np.array([[1 / 4, 0], [0, 0]]))


def test_baskets_are_numbered_customer_by_customer() -> None:
    assert basket_serials(PAST).tolist() == [0, 1, 1, 2, 3, 4]


def test_alike_are_the_nearest_by_cosine_and_never_oneself() -> None:
    half = np.sqrt(0.5)
    vectors = np.array([[1.0, 0.0], [half, half], [0.0, 0.0]])
    references = np.array([[1.0, 0.0], [half, half], [0.0, 1.0]]).T
    own = np.array([0, -1, -1])

    found = alike(vectors, references, own, neighbours=2).toarray()

    np.testing.assert_allclose(found[0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found[1].sum(), 1)
    assert found[1, 1] == pytest.approx(1 / (1 + half))
    assert found[2].tolist() == [0, 0, 0]


def test_there_may_be_fewer_references_than_neighbours() -> None:
    found = alike(np.array([[1.0]]), np.array([[1.0]]), np.array([0]), neighbours=50)
    assert found.toarray().tolist() == [[0]]


def test_directions_have_length_one_and_weigh_rare_columns_more() -> None:
    found = directions(csr_array(np.array([[1.0, 1.0], [3.0, 0.0], [0.0, 0.0]]))).toarray()
    rarity = np.array([np.log(3 / 2) + 1, np.log(3 / 1) + 1])
    expected = np.log1p([1.0, 1.0]) * rarity
    np.testing.assert_allclose(found[0], expected / np.linalg.norm(expected))
    assert found[1:].tolist() == [[1, 0], [0, 0]]
