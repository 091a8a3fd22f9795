"""Complements and substitutes within customers: by hand, and by who buys what when."""

import numpy as np
import pandas as pd
import pytest

from tests.training.bundles.planted import planted
from tests.training.bundles.shop import shop
from training.bundles.held_fixed import chance, repeats, size_class, sizes, totals
from training.bundles.relations import Relation, substitutes, within_customers


def of(found: pd.DataFrame, first: int, second: int) -> pd.Series:
    """The row of one pair."""
    return found[(found["first"] == first) & (found["second"] == second)].iloc[0]


def test_customers_who_take_turns_have_substitutes() -> None:
    # Twenty customers take milk or oats with bread, never both; ten others take tea alone.
    baskets = shop(*["bm", "bo"] * 100, *["t"] * 10, customers="".join(chr(97 + n // 10) for n in range(210)))
    found = within_customers(baskets)
    bread, milk, oats = range(3)
    pair = of(found, milk, oats)
    assert pair["relation"] == Relation.SUBSTITUTE
    assert pair["count"] == pair["within_ratio"] == 0
    assert pair["both_customers"] == 20
    assert of(found, bread, milk)["relation"] == Relation.INDEPENDENT
    assert found["relation"].tolist().count(Relation.SUBSTITUTE) == 1


def test_items_of_different_customers_replace_nothing() -> None:
    held = ["bm", "bt"] * 60 + ["bo", "bt"] * 60
    baskets = shop(*held, customers="".join(chr(97 + n // 12) for n in range(240)))
    found = substitutes(within_customers(baskets), baskets.items)
    assert ("m", "o") not in set(zip(found["first"], found["second"], strict=True))


def test_tastes_and_large_baskets_make_no_complement() -> None:
    """Some customers buy a and b often, and large baskets hold both; otherwise they have nothing in common."""
    random = np.random.default_rng(4)
    items = np.array([*(chr(65 + n) for n in range(26)), "a", "b"])
    fond, large = np.repeat(np.arange(80) % 2, 40), random.random(3200) < 0.3
    chance = np.tile(np.where(large, 0.45, 0.18)[:, None], len(items))
    chance[:, 26:] *= np.where(fond, 1.2, 0.3)[:, None]
    held = ["".join(items[row]) for row in random.random(chance.shape) < chance]
    baskets = shop(*held, customers="".join(chr(200 + n // 40) for n in range(3200)))
    pair = of(within_customers(baskets), 26, 27)
    together = (baskets.table.T @ baskets.table).toarray()[26, 27]
    assert 3200 * together / (baskets.counts[26] * baskets.counts[27]) > 1.5
    assert pair["relation"] == Relation.INDEPENDENT
    assert pair["within_ratio"] == pytest.approx(1, abs=0.15)


def test_expected_baskets_are_added_up_over_customers_and_size_classes() -> None:
    baskets = planted(3).baskets
    found = within_customers(baskets)
    row = of(found, 0, 5)
    size = sizes(baskets.table)
    _keys, stratum = np.unique(np.stack([baskets.customer, size_class(size)]), axis=1, return_inverse=True)
    shares = chance(totals(size, stratum), repeats(baskets.table, stratum))
    held = baskets.table.toarray()
    first, second, both = (
        np.bincount(stratum, each).astype(float) for each in (held[:, 0], held[:, 5], held[:, 0] * held[:, 5])
    )
    expected = shares.expected(first, second, np.bincount(stratum).astype(float))
    between = ((expected - both * shares.average) / np.maximum(1 - shares.average, 1e-12))[shares.told].sum()
    assert row["count"] == both[shares.told].sum()
    assert row["expected_within"] == pytest.approx(between, rel=1e-9)
    assert row["within_ratio"] == pytest.approx(row["count"] / between, rel=1e-9)


def test_substitutes_have_their_ids_and_the_surest_come_first() -> None:
    shop_of_seed = planted(3)
    found = substitutes(within_customers(shop_of_seed.baskets), shop_of_seed.baskets.items)
    assert found.columns.tolist() == [
        *(
            "first",
            "second",
            "count",
            "expected_within",
            "within_ratio",
            "expected_by_rates",
            "p_value",
            "q_value",
            "both_customers",
        )
    ]
    assert found["p_value"].is_monotonic_increasing
    assert {
        (int(one[1:]), int(other[1:])) for one, other in zip(found["first"], found["second"], strict=True)
    } == (shop_of_seed.substitutes)


def test_too_little_to_test_gives_no_pair() -> None:
    found = within_customers(shop("ab", "ab", "a"))
    assert len(found) == 0
    assert len(substitutes(found, np.array(["a", "b"]))) == 0
