"""Lifts with things held fixed: a table of ten baskets worked out by hand, and every pair by a plain loop."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from features.baskets import Baskets
from tests.training.bundles.planted import planted
from tests.training.bundles.shop import shop
from training.arrays import Floats
from training.bundles import promotion
from training.bundles.held_fixed import Compared
from training.bundles.promotion import Level, adjusted

# Two cells of one stratum, in the second a and b are promoted; all baskets are of one size class (2 and 3).
TEN = shop(
    *("acd", "bcd", "cde", "cde", "cdf"),
    *("abc", "abd", "abe", "acf", "bef"),
    cells=[0] * 5 + [1] * 5,
    strata=(0, 0),
    promoted=("", "ab"),
)
FIRST, SECOND = np.array([[0]]), np.array([1])


def test_the_ten_baskets_by_hand() -> None:
    season = adjusted(TEN, FIRST, SECOND, Level.STORE_AND_SEASON)
    # a and b in 5 baskets each, 3 times together. 30 places: 10 * 6 pairs within baskets, 900 - 90 across.
    # The same item is in 5*4 (a) + 5*4 (b) + 7*6 (c) + 6*5 (d) + 4*3 (e) + 3*2 (f) = 130 of these 810.
    average, of_common = 60 / (60 + 680), 90 / 900
    usual = 130 / (30 * 9)
    bend = (of_common - average) / ((1 - usual) * 9) ** 2
    expected = 25 * (of_common - bend * 25)
    assert season.count.tolist() == [3]
    assert season.expected.tolist() == pytest.approx([expected])
    assert season.variance.tolist() == pytest.approx([25 * average * 25 / 90])
    assert season.third.tolist() == [0]
    assert season.lift.tolist() == pytest.approx([3 * (1 - average) / (expected - 3 * average)])


def test_a_promotion_of_both_explains_the_ten_baskets() -> None:
    season = adjusted(TEN, FIRST, SECOND, Level.STORE_AND_SEASON)
    held = adjusted(TEN, FIRST, SECOND, Level.PROMOTION)
    assert season.lift > 1.1 > held.lift
    assert held.count.tolist() == [3]


def test_one_stratum_of_large_baskets_of_one_size_gives_the_plain_lift() -> None:
    random = np.random.default_rng(1)
    letters = [chr(97 + place) for place in range(600)]
    held = [
        "".join(random.choice(letters, 40, replace=False)) + "zy"[: random.integers(3)] for _ in range(400)
    ]
    baskets = shop(*held)
    z, y = (int(np.flatnonzero(baskets.items == letter)[0]) for letter in "zy")
    together = float((baskets.table.T @ baskets.table).toarray()[z, y])
    plain = len(held) * together / (baskets.counts[z] * baskets.counts[y])
    for level in Level:
        assert adjusted(baskets, np.array([[z]]), np.array([y]), level).lift == pytest.approx(plain, rel=0.05)


def test_without_promotions_the_levels_of_season_and_promotion_are_one() -> None:
    baskets = shop("ab", "ab", "cd", "ac", "bd", cells=[0, 1, 0, 1, 1], strata=(0, 0))
    found = [adjusted(baskets, FIRST, SECOND, level) for level in (Level.STORE_AND_SEASON, Level.PROMOTION)]
    assert found[0].expected == found[1].expected
    assert found[0].lift == found[1].lift


@pytest.mark.parametrize("level", Level)
def test_all_pairs_are_what_a_plain_loop_finds(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotion, "CELLS_AT_ONCE", 500)
    baskets = planted(7).baskets.chosen(np.arange(0, 3840, 5))
    first, second = np.array(list(combinations(range(22, 38), 2))).T
    found = adjusted(baskets, first[:, None], second, level)
    expected = [_by_loop(baskets, one, other, level) for one, other in zip(first, second, strict=True)]
    np.testing.assert_allclose(_fields(found).T, expected, rtol=1e-9, atol=1e-9)


def test_an_antecedent_of_two_is_promoted_when_either_is() -> None:
    baskets = shop(
        "abx", "abc", "abcx", "ac", "bc", "ab", cells=[0, 0, 1, 1, 0, 1], promoted=("a", "b"), strata=(0, 0)
    )
    alike = shop(
        "abx", "abc", "abcx", "ac", "bc", "ab", cells=[0, 0, 1, 1, 0, 1], promoted=("", ""), strata=(0, 0)
    )
    pair, third = np.array([[0, 1]]), np.array([2])
    for one, other in zip(
        _fields(adjusted(baskets, pair, third, Level.PROMOTION)),
        _fields(adjusted(alike, pair, third, Level.PROMOTION)),
        strict=True,
    ):
        assert one == pytest.approx(other)


def test_nothing_asked_gives_nothing() -> None:
    found = adjusted(TEN, np.empty((0, 1), dtype=int), np.empty(0, dtype=int), Level.SIZE)
    assert found.lift.tolist() == []


def _fields(found: Compared) -> Floats:
    return np.stack([found.count, found.expected, found.variance, found.third, found.between])


def _by_loop(baskets: Baskets, one: int, other: int, level: Level) -> list[float]:
    held = baskets.table.toarray() > 0
    coarse, fine = defaultdict(list), defaultdict(list)
    for place, row in enumerate(held):
        size_class = int(np.log2(max(row.sum(), 1)))
        stratum = 0 if level == Level.SIZE else int(baskets.stratum[baskets.cell[place]])
        coarse[stratum, size_class].append(row)
        fine[stratum, size_class, _state(baskets, place, (one, other), level)].append(row)
    parts = [_stratum(np.array(rows), np.array(coarse[key[:2]]), one, other) for key, rows in fine.items()]
    return [float(sum(part)) for part in zip(*parts, strict=True)]


def _state(baskets: Baskets, place: int, pair: tuple[int, int], level: Level) -> tuple[bool, ...]:
    if level != Level.PROMOTION or baskets.promoted is None:
        return ()
    shown = baskets.promoted.toarray()[baskets.cell[place]]
    return tuple(bool(shown[item]) for item in pair)


def _stratum(held: np.ndarray, coarse: np.ndarray, one: int, other: int) -> Iterator[float]:
    number, size = len(held), held.sum(axis=1)
    within, apart = float((size * (size - 1)).sum()), float(size.sum() ** 2 - (size**2).sum())
    if number < 2 or not within or not apart:
        yield from [0.0] * 5
        return
    item, total = coarse.sum(axis=0), coarse.sum(axis=1)
    same = float((item * (item - 1)).sum())
    alike, usual = same / (total.sum() ** 2 - (total**2).sum()), same / (total.sum() * (len(coarse) - 1))
    average, of_common = within / (within + apart * (1 - alike)), (size**2).sum() / size.sum() ** 2
    a, b, n = held[:, one].sum(), held[:, other].sum(), (held[:, one] & held[:, other]).sum()
    left = (number - a) * (number - b)
    bend = max(of_common - average, 0) / ((1 - usual) * (number - 1)) ** 2
    expected = a * b * (of_common - bend * left)
    variance = a * b * average * left / (number * (number - 1))
    more = (number - 2 * a) * (number - 2 * b) / max(number * (number - 2), 1)
    yield from (n, expected, variance, variance * more, (expected - n * average) / (1 - average))
