"""What chance expects, worked out by hand, by all ways of shuffling, and by statsmodels."""

from itertools import permutations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable  # type: ignore[import-untyped]  # ships no types

from tests.training.bundles.shop import shop
from training.bundles.held_fixed import (
    Chance,
    Compared,
    added,
    chance,
    holding,
    repeats,
    size_class,
    sizes,
    totals,
)


def of_one_stratum(*held: str) -> Chance:
    baskets = shop(*held)
    stratum = np.zeros(len(held), dtype=np.intp)
    return chance(totals(sizes(baskets.table), stratum), repeats(baskets.table, stratum))


def test_sizes_fall_into_classes_that_double() -> None:
    assert size_class(np.array([0, 1, 2, 3, 4, 7, 8, 100])).tolist() == [0, 0, 1, 1, 2, 2, 3, 6]
    assert sizes(shop("abc", "", "a").table).tolist() == [3, 0, 1]


def test_baskets_are_added_by_stratum() -> None:
    found = added(shop("ab", "b", "ab", "").table, np.array([1, 0, 1, 2]))
    assert found.toarray().tolist() == [[0, 1], [2, 2], [0, 0]]


def test_baskets_that_hold_all_of_some_items() -> None:
    columns = shop("abc", "ab", "bc", "cab").table.tocsc()
    assert holding(columns, np.array([0, 1])).tolist() == [0, 1, 3]
    assert holding(columns, np.array([2, 0, 1])).tolist() == [0, 3]


def test_the_average_share_is_that_of_places_with_different_items() -> None:
    # Sizes 3 and 2: 6 + 2 ordered pairs of places within, 12 across, of which 2 hold a twice.
    assert of_one_stratum("abc", "ad").average.tolist() == pytest.approx([8 / 18])
    assert of_one_stratum("abc", "ad").of_common.tolist() == pytest.approx([13 / 25])


@pytest.mark.parametrize("held", [("ab", "bc", "cda"), ("abc", "ab", "cd", "e"), ("abcd", "aefg", "bg")])
def test_over_all_pairs_as_many_common_baskets_are_expected_as_there_are(held: tuple[str, ...]) -> None:
    counts = shop(*held).table.sum(axis=0)
    combinations = sum(one * other for one, other in permutations(counts, 2))
    found = sum(len(one) * (len(one) - 1) for one in held)
    assert of_one_stratum(*held).average.item() * combinations == pytest.approx(found)


def test_one_basket_tells_nothing() -> None:
    found = of_one_stratum("abc")
    assert not found.told.any()
    assert found.expected(np.ones(1), np.ones(1), np.ones(1)).item() == 0


def test_an_item_in_every_basket_is_expected_wherever_the_other_is() -> None:
    found = of_one_stratum("abc", "ade", "afg", "abd")
    assert found.expected(np.full(1, 4.0), np.full(1, 2.0), np.full(1, 4.0)).item() == pytest.approx(2)
    assert found.variance(np.full(1, 4.0), np.full(1, 2.0), np.full(1, 4.0)).item() == 0


def test_shuffled_baskets_of_one_size_have_the_expected_and_the_variance() -> None:
    random = np.random.default_rng(5)
    popular = np.linspace(0.5, 2, 40) / np.linspace(0.5, 2, 40).sum()
    drawn = np.array([_shuffled(random, popular) for _round in range(400)])
    held = ["".join(chr(97 + item) for item in row) for row in _baskets(random, popular)]
    found = of_one_stratum(*held)
    first, second, count = drawn.T
    number = np.full(len(drawn), 60.0)
    expected, variance = found.expected(first, second, number), found.variance(first, second, number)
    assert count.mean() == pytest.approx(expected.mean(), abs=0.25)
    assert (count - expected).var() == pytest.approx(variance.mean(), rel=0.2)


def _baskets(random: np.random.Generator, popular: np.ndarray) -> list[np.ndarray]:
    return [random.choice(40, 8, replace=False, p=popular) for _basket in range(60)]


def _shuffled(random: np.random.Generator, popular: np.ndarray) -> tuple[float, float, float]:
    """Baskets with each and with both of two items."""
    held = [set(row) for row in _baskets(random, popular)]
    return (
        float(sum(39 in one for one in held)),
        float(sum(30 in one for one in held)),
        float(sum({30, 39} <= one for one in held)),
    )


def test_expected_and_variance_of_alike_baskets_are_mantels_and_haenszels() -> None:
    tables = [np.array([[8, 5], [12, 30]]), np.array([[3, 9], [4, 40]]), np.array([[6, 2], [10, 11]])]
    alike, number = _alike(tables)
    first = np.array([float(table[0].sum()) for table in tables])
    second = np.array([float(table[:, 0].sum()) for table in tables])
    expected, variance = alike.expected(first, second, number), alike.variance(first, second, number)
    surplus = sum(table[0, 0] for table in tables) - expected.sum()
    known = StratifiedTable(np.stack(tables, axis=2)).test_null_odds(correction=False)
    assert surplus**2 / variance.sum() == pytest.approx(known.statistic, rel=1e-12)
    corrected = StratifiedTable(np.stack(tables, axis=2)).test_null_odds(correction=True)
    assert (surplus - 0.5) ** 2 / variance.sum() == pytest.approx(corrected.statistic, rel=1e-12)


def _alike(tables: list[np.ndarray]) -> tuple[Chance, np.ndarray]:
    number = np.array([float(table.sum()) for table in tables])
    return Chance(1 / number, 1 / number, np.zeros(len(number))), number


def test_the_lift_does_not_depend_on_how_finely_strata_are_cut() -> None:
    random = np.random.default_rng(2)
    first = random.random(400_000) < 0.05
    second = np.where(first, random.random(400_000) < 0.3, random.random(400_000) < 0.01368)
    lifts = [_lift(first, second, width) for width in (400_000, 40, 4)]
    assert lifts == pytest.approx([0.3 / 0.028] * 3, rel=0.08)


def _lift(first: np.ndarray, second: np.ndarray, width: int) -> float:
    one, other, both = (each.reshape(-1, width).sum(axis=1) for each in (first, second, first & second))
    share = 1 / width
    between = (one * other * share - both * share) / (1 - share)
    nothing = np.zeros(1)
    sums = np.array([both.sum()], dtype=float), np.array([between.sum()])
    return float(Compared(sums[0], nothing, nothing, nothing, sums[1]).lift[0])


def test_without_anything_to_compare_there_is_no_lift() -> None:
    nothing = np.zeros(1)
    found = Compared(nothing, nothing, nothing, nothing, nothing)
    assert np.isnan(found.lift).all()
    assert found.p_value.tolist() == [1.0]
