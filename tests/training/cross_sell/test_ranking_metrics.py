"""Ranking metrics against lists judged by hand, and what they promise of ties, gaps and order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.errors import InputError
from features.lists import best_items
from training.arrays import Floats
from training.cross_sell.ranking_metrics import (
    catalogue_coverage,
    hit_rate_at_k,
    ndcg_at_k,
    recall_at_k,
    top_item_share,
)

# Five customers, six items; the fourth bought nothing, the fifth got no list.
TOP = np.array([[0, 1, 2], [3, 0, -1], [5, 4, 3], [0, 1, 2], [-1, -1, -1]], dtype=np.int32)
TRUTH = csr_array(
    np.array(
        [
            [1, 0, 1, 0, 1, 0],
            [1, 0, 0, 0, 0, 0],
            [1, 1, 1, 2, 0, 0],
            [0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 1],
        ]
    )
)
FIRST, SECOND, THIRD, FOURTH = 1, 1 / np.log2(3), 1 / 2, 1 / np.log2(5)
NAN = np.nan

METRICS = (recall_at_k, hit_rate_at_k, ndcg_at_k)
small_scores = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=40),
    elements=st.sampled_from([-np.inf, 0, 1, 2]),
)


def same(found: Floats, expected: list[float]) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("k", "expected"),
    [(1, [1 / 3, 0, 0, NAN, 0]), (2, [1 / 3, 1, 0, NAN, 0]), (3, [2 / 3, 1, 1 / 4, NAN, 0])],
)
def test_recall_is_the_share_of_targets_found(k: int, expected: list[float]) -> None:
    same(recall_at_k(TOP, TRUTH, k), expected)


@pytest.mark.parametrize(("k", "expected"), [(1, [1, 0, 0, NAN, 0]), (3, [1, 1, 1, NAN, 0])])
def test_a_hit_is_one_target_or_more(k: int, expected: list[float]) -> None:
    same(hit_rate_at_k(TOP, TRUTH, k), expected)


def test_ndcg_with_an_ideal_of_k_places() -> None:
    ideal_of_three = FIRST + SECOND + THIRD
    expected = [(FIRST + THIRD) / ideal_of_three, SECOND, THIRD / ideal_of_three, NAN, 0]
    same(ndcg_at_k(TOP, TRUTH, 3), expected)
    same(ndcg_at_k(TOP, TRUTH, 1), [1, 0, 0, NAN, 0])


def test_ndcg_with_an_ideal_of_all_targets() -> None:
    ideal_of_three = FIRST + SECOND + THIRD
    expected = [(FIRST + THIRD) / ideal_of_three, SECOND, THIRD / (ideal_of_three + FOURTH), NAN, 0]
    same(ndcg_at_k(TOP, TRUTH, 3, ideal="all_targets"), expected)
    same(ndcg_at_k(TOP, TRUTH, 1, ideal="all_targets"), [1 / ideal_of_three, 0, 0, NAN, 0])


def test_an_explicit_zero_is_no_target() -> None:
    truth = csr_array((np.array([0.0, 1.0]), (np.array([0, 0]), np.array([0, 1]))), shape=(1, 2))
    same(recall_at_k(np.array([[0, -1]], dtype=np.int32), truth, 2), [0])
    same(recall_at_k(np.array([[1, -1]], dtype=np.int32), truth, 2), [1])


def test_the_order_of_customers_never_matters() -> None:
    order = np.array([3, 1, 4, 0, 2])
    for metric in METRICS:
        np.testing.assert_array_equal(metric(TOP[order], TRUTH[order], 3), metric(TOP, TRUTH, 3)[order])


@settings(deadline=None)
@given(small_scores, st.integers(1, 8))
def test_perfect_lists_cannot_be_improved(scores: Floats, k: int) -> None:
    truth = csr_array(np.maximum(scores, 0))
    top = best_items(scores, None, k)
    found, targets = ndcg_at_k(top, truth, k), (scores > 0).sum(axis=1)
    same(found, list(np.where(targets > 0, 1.0, NAN)))
    same(ndcg_at_k(top, truth, k, ideal="all_targets")[targets <= k], list(found[targets <= k]))
    same(recall_at_k(top, truth, k)[targets > 0], list(np.minimum(k / targets[targets > 0], 1)))


@settings(deadline=None)
@given(small_scores, st.integers(1, 8))
def test_best_items_are_those_of_a_full_sort(scores: Floats, k: int) -> None:
    top = best_items(scores, None, k)
    assert top.shape == (len(scores), k)
    assert top.dtype == np.int32
    for values, listed in zip(scores, top, strict=True):
        ranked = sorted((-value, item) for item, value in enumerate(values) if value > -np.inf)
        expected = [item for _, item in ranked[:k]]
        assert listed.tolist() == expected + [-1] * (k - len(expected))


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (None, [[2, 0, 1], [3, 0, 1]]),
        (np.array([[1, 1, 0, 1], [0, 0, 1, 0]], dtype=bool), [[0, 1, 3], [2, -1, -1]]),
    ],
)
def test_equals_go_by_code_and_what_is_not_allowed_never_appears(
    allowed: NDArray[np.bool_] | None, expected: list[list[int]]
) -> None:
    scores = np.array([[0.5, 0.5, 0.9, 0.5], [0.0, 0.0, 0.0, 1.0]], dtype=np.float32)
    assert best_items(scores, allowed, 3).tolist() == expected


def test_best_items_leaves_the_scores_as_they_are() -> None:
    scores = np.array([[3.0, 1.0, 2.0]])
    best_items(scores, np.array([[True, False, True]]), 2)
    assert scores.tolist() == [[3, 1, 2]]


def test_coverage_counts_listed_items() -> None:
    assert catalogue_coverage(TOP, 8) == 6 / 8
    assert catalogue_coverage(TOP[4:], 8) == 0


def test_top_item_share_counts_the_places_taken() -> None:
    assert top_item_share(TOP) == 3 / 11  # item 0 is in three lists
    assert np.isnan(top_item_share(TOP[4:]))


@pytest.mark.parametrize(("top", "k"), [(TOP[:2], 3), (TOP, 4), (TOP, 0)])
def test_lists_that_do_not_fit_are_named(top: NDArray[np.int32], k: int) -> None:
    for metric in METRICS:
        with pytest.raises(InputError, match="cannot be judged"):
            metric(top, TRUTH, k)


def test_scores_must_be_numbers() -> None:
    with pytest.raises(InputError, match="not a number"):
        best_items(np.array([[1.0, np.nan, 2.0]]), None, 1)
    with pytest.raises(InputError, match="A list of 0 items"):
        best_items(np.array([[1.0]]), None, 0)
