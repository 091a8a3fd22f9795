"""The same itemsets and rules as plain mlxtend."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlxtend.frequent_patterns import apriori, association_rules, fpgrowth
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.bundles.itemsets import frequent_itemsets, rules

NAMES = np.array(["apples", "bread", "çay", "d'oh", "e\nf", 'g"h', "ice"])
METRICS = ["antecedent support", "support", "confidence", "lift", "leverage", "conviction", "zhangs_metric"]

Held = NDArray[np.bool_]
some_baskets = st.lists(st.frozensets(st.integers(0, 6)), min_size=1, max_size=25)


def held(baskets: list[frozenset[int]]) -> Held:
    table = np.zeros((len(baskets), len(NAMES)), dtype=bool)
    for basket, items in enumerate(baskets):
        table[basket, list(items)] = True
    return table


def framed(table: Held) -> pd.DataFrame:
    return pd.DataFrame(table, columns=NAMES.tolist())


def ours(table: Held, **limits: float) -> pd.DataFrame:
    whole = {name: int(limit) for name, limit in limits.items() if name != "min_support"}
    support = limits.get("min_support", 0.0)
    return frequent_itemsets(csr_array(table.astype(float)), NAMES, min_support=support, **whole)


def supports(frame: pd.DataFrame) -> dict[frozenset[str], float]:
    assert not frame["itemsets"].duplicated().any()
    return dict(zip(frame["itemsets"], frame["support"], strict=True))


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rules in the order of their parts."""
    keys = [
        (sorted(antecedent), sorted(consequent))
        for antecedent, consequent in zip(frame["antecedents"], frame["consequents"], strict=True)
    ]
    order = sorted(range(len(keys)), key=lambda place: keys[place])
    return frame.iloc[order].reset_index(drop=True)


def plain_rules(itemsets: pd.DataFrame) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: pd.DataFrame = association_rules(itemsets, metric="confidence", min_threshold=0.0)
    return found


@given(some_baskets, st.integers(1, 6), st.one_of(st.none(), st.integers(1, 4)))
def test_itemsets_and_rules_are_those_of_plain_mlxtend(
    baskets: list[frozenset[int]], min_count: int, max_len: int | None
) -> None:
    table = held(baskets)
    min_count = min(min_count, len(table))
    # Between two counts: on one mlxtend's fpgrowth rounds either way.
    support = (min_count - 0.5) / len(table)
    plain = fpgrowth(framed(table), min_support=support, use_colnames=True, max_len=max_len)
    limit = {} if max_len is None else {"max_len": max_len}
    found = ours(table, min_count=min_count, **limit)
    assert supports(found) == supports(plain)
    pd.testing.assert_frame_equal(found, ours(table, min_support=support, **limit))
    if len(plain):
        pd.testing.assert_frame_equal(in_order(rules(found)), in_order(plain_rules(plain)), check_exact=True)


@given(some_baskets, st.integers(1, 25))
def test_a_support_that_is_just_reached_is_reached(baskets: list[frozenset[int]], count: int) -> None:
    support = min(count / len(baskets), 1.0)
    plain = apriori(framed(held(baskets)), min_support=support, use_colnames=True)
    assert supports(ours(held(baskets), min_support=support)) == supports(plain)


def test_both_limits_hold() -> None:
    table = held([frozenset({0, 1}), frozenset({0, 1}), frozenset({0}), frozenset({2})])
    assert supports(ours(table, min_support=0.5)) == {
        frozenset({"apples"}): 0.75,
        frozenset({"bread"}): 0.5,
        frozenset({"apples", "bread"}): 0.5,
    }
    assert supports(ours(table, min_support=0.5, min_count=3)) == {frozenset({"apples"}): 0.75}


def test_rules_of_a_table_by_hand() -> None:
    table = held([frozenset({0, 1}), frozenset({1, 0}), frozenset({0}), frozenset({1}), frozenset({2})])
    found = in_order(rules(ours(table, min_count=2)))
    assert found["antecedents"].tolist() == [frozenset({"apples"}), frozenset({"bread"})]
    assert found["consequents"].tolist() == [frozenset({"bread"}), frozenset({"apples"})]
    expected = [0.6, 0.4, 2 / 3, 10 / 9, 0.04, 1.2, 0.04 / 0.16]
    np.testing.assert_allclose(found[METRICS].to_numpy(), [expected, expected])


@pytest.mark.parametrize(
    "table", [np.zeros((0, 7), dtype=bool), np.zeros((3, 7), dtype=bool)], ids=["none", "empty"]
)
def test_without_itemsets_the_frames_have_columns_and_no_rows(table: Held) -> None:
    itemsets = ours(table, min_support=0.1)
    assert itemsets.columns.tolist() == ["support", "itemsets"]
    assert len(itemsets) == 0
    assert len(rules(itemsets)) == 0
    one_item = rules(ours(held([frozenset({3})] * 4)))
    assert len(one_item) == 0
    assert rules(itemsets).columns.tolist() == one_item.columns.tolist()
    assert {"antecedents", "consequents", *METRICS} <= set(one_item.columns)


def test_everything_in_every_basket_is_no_surprise() -> None:
    found = rules(ours(np.ones((5, 7), dtype=bool)))
    assert len(found) == 3**7 - 2 * 2**7 + 1
    assert (found["lift"] == 1).all()
    assert (found["leverage"] == 0).all()
    assert np.isposinf(found["conviction"]).all()


def test_a_basket_of_thousands_of_items() -> None:
    names = np.array([f"item {place}" for place in range(5_000)])
    baskets = np.zeros((4, 5_000))
    baskets[0] = 1.0
    baskets[1:, [3, 7]] = 1.0
    found = frequent_itemsets(csr_array(baskets), names, min_count=2)
    assert supports(found) == {
        frozenset(each): 1.0 for each in (["item 3"], ["item 7"], ["item 3", "item 7"])
    }
