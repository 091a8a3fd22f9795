"""TIFU-kNN on three customers worked out by hand, against its definition, and how it is tuned."""

from dataclasses import replace
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from tests.training.cross_sell.purchases import Line, interactions
from training.arrays import Floats
from training.cross_sell.baselines import Scorer
from training.cross_sell.tifu_knn import PUBLISHED, TifuKnn, tune

PAST = interactions(
    [
        ("ann", 0, "x", 1),
        ("ann", 1, "x", 2),
        ("ann", 1, "y", 2),
        ("ann", 2, "y", 3),
        ("bob", 0, "x", 1),
        ("cat", 0, "z", 1),
        ("cat", 1, "z", 5),
    ]
)
HAND = TifuKnn(own_share=0.6, neighbours=1, group_size=2, basket_decay=0.5, group_decay=0.1)
# Ann's newest group is two baskets, her oldest one: x (1 + 0.5) / 2 / 2, y (0.5 / 2 + 0.1 * 1) / 2.
VECTORS = [[0.375, 0.175, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.75]]
ALL = np.arange(3)

crowds = st.lists(
    st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=1, max_size=9), min_size=1, max_size=4
)


def test_vectors_by_hand() -> None:
    np.testing.assert_allclose(HAND.vectors(PAST).toarray(), VECTORS)


def test_scores_by_hand() -> None:
    # squared distances: Ann and Bob 0.42, Ann and Cat 0.73, Bob and Cat 1.56
    expected = [
        [0.6 * 0.375 + 0.4 * 1, 0.6 * 0.175, 0],
        [0.6 * 1 + 0.4 * 0.375, 0.4 * 0.175, 0],
        [0.4 * 0.375, 0.4 * 0.175, 0.6 * 0.75],
    ]
    np.testing.assert_allclose(HAND.fit(PAST)(ALL), expected)


@pytest.mark.parametrize("neighbours", [2, 50])
def test_the_mean_is_over_the_neighbours_that_there_are(neighbours: int) -> None:
    score = TifuKnn(0, neighbours, 2, 0.5, 0.1).fit(PAST)(ALL)
    np.testing.assert_allclose(score[0], [0.5, 0, 0.375])
    np.testing.assert_allclose(score[2], [1.375 / 2, 0.175 / 2, 0])


def test_nobody_is_their_own_neighbour() -> None:
    twins = interactions([("ann", 0, "x", 1), ("bob", 0, "x", 1), ("cat", 0, "z", 1)])
    score = TifuKnn(own_share=0, neighbours=1).fit(twins)(ALL)
    np.testing.assert_allclose(score, [[1, 0], [1, 0], [1, 0]])


def test_neighbours_come_from_the_references_only() -> None:
    crowd = interactions([(f"c{number}", 0, f"i{number}", 1) for number in range(6)])
    score = TifuKnn(own_share=0, neighbours=2, references=2).fit(crowd)(np.arange(6))
    references = np.flatnonzero(score.sum(axis=0))
    assert len(references) == 2
    for customer, found in enumerate(score):
        expected = references[references != customer]
        assert np.flatnonzero(found).tolist() == expected.tolist()
        assert found[expected] == pytest.approx(1 / len(expected))
    again = TifuKnn(own_share=0, neighbours=2, references=2).fit(crowd)(np.arange(6))
    np.testing.assert_array_equal(score, again)


@settings(deadline=None)
@given(crowds, st.integers(1, 4), st.floats(0.1, 1), st.floats(0.1, 1))
def test_vectors_are_means_of_groups_of_baskets(
    crowd: list[list[set[str]]], size: int, basket_decay: float, group_decay: float
) -> None:
    lines: list[Line] = [
        (f"c{number}", place, item, place + 1.0)
        for number, baskets in enumerate(crowd)
        for place, basket in enumerate(baskets)
        for item in basket
    ]
    method = TifuKnn(group_size=size, basket_decay=basket_decay, group_decay=group_decay)
    vectors = method.vectors(interactions(lines, items="abcd")).toarray()
    for vector, baskets in zip(vectors, crowd, strict=True):
        tables = np.array([[item in basket for item in "abcd"] for basket in baskets], dtype=float)
        tables *= basket_decay ** (np.arange(len(baskets)) % size)[:, np.newaxis]
        groups = [tables[start : start + size].mean(axis=0) for start in range(0, len(baskets), size)]
        expected = np.mean([group_decay**age * group for age, group in enumerate(groups)], axis=0)
        np.testing.assert_allclose(vector, expected, atol=1e-12)


def test_tuning_finds_the_better_value() -> None:
    wanted = HAND.fit(PAST)(ALL)

    def closeness(score: Scorer) -> float:
        return -float(np.abs(score(ALL) - wanted).sum())

    grid = {"own_share": (0.2, 0.6, 0.9), "group_decay": (0.1, 0.9)}
    start = replace(HAND, own_share=0.9, group_decay=0.9)
    assert tune(PAST, closeness, grid, [start]) == HAND


@pytest.mark.parametrize("seed", range(5))
def test_tuning_is_cheap_and_takes_the_best_that_it_saw(seed: int) -> None:
    values = np.random.default_rng(seed).random(100).tolist()
    seen: list[tuple[float, Floats]] = []

    def chance(score: Scorer) -> float:
        seen.append((values[len(seen)], score(ALL)))
        return seen[-1][0]

    chosen = tune(PAST, chance)
    assert 15 <= len(seen) <= 25
    _highest, best = max(seen, key=itemgetter(0))
    np.testing.assert_array_equal(chosen.fit(PAST)(ALL), best)


def test_tuning_changes_nothing_without_a_gain() -> None:
    asked: list[Floats] = []

    def indifferent(score: Scorer) -> float:
        asked.append(score(ALL))
        return 0.5

    assert tune(PAST, indifferent) == TifuKnn()
    for place, published in enumerate(PUBLISHED, start=1):
        np.testing.assert_array_equal(asked[place], published.fit(PAST)(ALL))


def test_tuning_refuses_a_metric_without_a_value() -> None:
    with pytest.raises(InputError, match="tuned by a metric that is nan"):
        tune(PAST, lambda _scorer: float("nan"))
