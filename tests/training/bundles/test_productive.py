"""Longer rules: which of them say more than their parts."""

from itertools import combinations

import numpy as np

from tests.training.bundles.shop import shop
from training.bundles.productive import productive_p_values


def drawn(chances: dict[str, float], number: int = 1500) -> list[str]:
    """Baskets of filling items, each as it happens, and of one of these words with its chance."""
    random = np.random.default_rng(8)
    filling = np.array([chr(65 + n) for n in range(26)])
    words = random.choice(list(chances), number, p=list(chances.values()))
    return ["".join(filling[random.random(26) < 0.3]) + word for word in words]


def p_values(held: list[str]) -> list[float]:
    """Of the rules of a, b and c, by consequent."""
    baskets = shop(*held)
    items = np.array([[int(np.flatnonzero(baskets.items == one)[0]) for one in "abc"]])
    return [float(one) for one in productive_p_values(baskets.table, items)[0]]


def test_three_that_belong_together_only_as_three_are_productive() -> None:
    chances = {"abc": 0.1, "a": 0.1, "b": 0.1, "c": 0.1, "": 0.6}
    assert max(p_values(drawn(chances))) < 1e-6


def test_an_item_that_adds_nothing_makes_the_rule_redundant() -> None:
    # a and b belong together, c goes with anything.
    chances = {"ab": 0.12, "abc": 0.06, "a": 0.08, "ac": 0.04, "b": 0.08, "bc": 0.04, "c": 0.18, "": 0.4}
    assert p_values(drawn(chances))[0] > 0.05
    assert p_values(drawn(chances))[1] > 0.05


def test_the_p_value_of_a_rule_is_that_of_its_weakest_item() -> None:
    baskets = shop(*drawn({"abc": 0.1, "ab": 0.1, "bc": 0.05, "a": 0.2, "c": 0.1, "": 0.45}))
    items = np.array(list(combinations(range(26, 29), 3)))
    # Each of the three conditional tests belongs to two rules, so that the largest of them comes twice.
    found = np.sort(productive_p_values(baskets.table, items)[0])
    assert found[1] == found[2] >= found[0]


def test_itemsets_of_four_are_tested_item_by_item() -> None:
    baskets = shop(*drawn({"abcd": 0.1, "abc": 0.1, "d": 0.1, "a": 0.1, "": 0.6}))
    found = productive_p_values(baskets.table, np.array([[26, 27, 28, 29]]))
    assert found.shape == (1, 4)
    # Whoever holds a and b holds c: c and d are not together more often among them.
    assert found[0, 3] > 0.5
