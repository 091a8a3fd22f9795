"""The rule table: mlxtend's metrics, what explains a rule, relations of longer rules, and its order."""

import numpy as np
import pandas as pd
import pytest

from features.baskets import Baskets
from tests.training.bundles.planted import planted
from tests.training.bundles.shop import shop
from training.bundles.counting import pair_counts
from training.bundles.itemsets import frequent_itemsets
from training.bundles.itemsets import rules as rules_of_mlxtend
from training.bundles.relations import within_customers
from training.bundles.rules import metrics, rule_table
from training.config import read_config

COLUMNS = [
    *(
        "antecedent",
        "consequent",
        "count",
        "antecedent_count",
        "consequent_count",
        "support",
        "confidence",
        "lift",
    ),
    *(
        "leverage",
        "conviction",
        "zhang",
        "lift_low",
        "lift_high",
        "p_value",
        "q_value",
        "size_lift",
        "season_lift",
    ),
    *("adjusted_lift", "adjusted_p_value", "adjusted_q_value", "explained", "explained_by", "within_ratio"),
    "relation",
]
OF_MLXTEND = {
    **{name: name for name in ("support", "confidence", "lift", "leverage", "conviction")},
    "zhang": "zhangs_metric",
}


def mined(baskets: Baskets, within: pd.DataFrame | None = None, **values: int) -> pd.DataFrame:
    config = read_config().bundles.model_copy(update={"min_count": 5, "max_len": 3, **values})
    known = within_customers(baskets) if within is None else within
    return rule_table(baskets, pair_counts(baskets.table), known, config)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Of planted complements 24-25, 26-27, 28-29, promotions 30-31 and so on, and substitutes 36-37 and so on."""
    return mined(planted(11).baskets)


def test_metrics_are_mlxtends_for_every_rule(table: pd.DataFrame) -> None:
    baskets = planted(11).baskets
    known = rules_of_mlxtend(frequent_itemsets(baskets.table, baskets.items, min_count=5, max_len=3))
    known = known[known["consequents"].map(len) == 1]
    known["antecedent"] = known["antecedents"].map(lambda items: tuple(sorted(items)))
    known["consequent"] = known["consequents"].map(lambda items: next(iter(items)))
    both = table.merge(known, on=["antecedent", "consequent"], suffixes=("", "_known"))
    assert len(both) == len(table)
    for ours, theirs in OF_MLXTEND.items():
        found = both[f"{theirs}_known" if ours == theirs else theirs]
        np.testing.assert_allclose(both[ours], found, rtol=1e-9, atol=1e-12, err_msg=ours)
    pairs = (known["antecedent"].map(len) == 1).sum()
    assert (table["antecedent"].map(len) == 1).sum() == pairs


def test_metrics_of_sure_rules_and_of_items_in_every_basket() -> None:
    found = metrics(np.array([4, 4]), np.array([4, 4]), np.array([6, 10]), 10)
    assert found["conviction"].tolist() == [np.inf, np.inf]
    assert found["zhang"].tolist() == pytest.approx([2 / 3, 0.0])


def test_the_table_has_its_columns_and_its_order(table: pd.DataFrame) -> None:
    assert table.columns.tolist() == COLUMNS
    order = list(zip(table["antecedent"], table["consequent"], strict=True))
    assert order == sorted(order)
    assert table["count"].min() >= 5
    assert table[["count", "antecedent_count", "consequent_count"]].dtypes.unique().tolist() == [np.int64]


def test_both_rules_of_a_pair_say_the_same_of_it(table: pd.DataFrame) -> None:
    pairs = table[table["antecedent"].map(len) == 1]
    back = pairs.assign(
        antecedent=pairs["consequent"].map(lambda item: (item,)),
        consequent=pairs["antecedent"].map(lambda items: items[0]),
    )
    back = back.sort_values(["antecedent", "consequent"], ignore_index=True)
    same = ["count", "lift_low", "p_value", "q_value", "adjusted_lift", "adjusted_p_value", "within_ratio"]
    pd.testing.assert_frame_equal(pairs[same].reset_index(drop=True), back[same], rtol=1e-9)
    assert pairs["explained_by"].tolist() == back["explained_by"].tolist()


def test_what_explains_a_rule_is_told_of_the_significant_only(table: pd.DataFrame) -> None:
    assert (table["explained"] == (table["explained_by"] != "")).all()
    assert (table.loc[table["explained"], "q_value"] <= 0.05).all()
    kept = table[(table["q_value"] <= 0.05) & ~table["explained"]]
    assert (kept["adjusted_q_value"] <= 0.05).all()
    complement = table[(table["antecedent"] == ("i24",)) & (table["consequent"] == "i25")].iloc[0]
    assert not complement["explained"]
    assert complement["relation"] == "complement"


@pytest.mark.parametrize(
    ("of_first_two", "expected"),
    [
        ("substitute", ["substitute", "substitute", "substitute"]),
        ("independent", ["complement", "independent", "independent"]),
        ("complement", ["complement", "complement", "complement"]),
    ],
)
def test_longer_rules_take_their_relation_from_their_pairs(of_first_two: str, expected: list[str]) -> None:
    known = pd.DataFrame(
        {"first": [0, 0, 1], "second": [1, 2, 2], "relation": [of_first_two, "complement", "complement"]}
    ).assign(within_ratio=2.0)
    random = np.random.default_rng(8)
    words = random.choice(["abc", "a", "b", "c", ""], 1500, p=[0.1, 0.1, 0.1, 0.1, 0.6])
    filling = np.array(list("opqrstuvwxyz"))
    table = mined(shop(*(word + "".join(filling[random.random(12) < 0.5]) for word in words)), known)
    every = table["antecedent"] + table["consequent"].map(lambda item: (item,))
    longer = table[every.map(lambda items: set(items) == set("abc"))]
    assert longer["antecedent"].tolist() == [("a", "b"), ("a", "c"), ("b", "c")]
    assert longer["relation"].tolist() == expected
    assert longer["within_ratio"].isna().all()


def test_pairs_alone_when_no_longer_rule_is_asked_for(table: pd.DataFrame) -> None:
    pairs = mined(planted(11).baskets, max_len=2)
    assert pairs["antecedent"].map(len).eq(1).all()
    assert len(pairs) == (table["antecedent"].map(len) == 1).sum()


def test_without_any_pair_the_table_is_empty() -> None:
    empty = mined(shop("ab", "c", "b"), min_count=2)
    assert len(empty) == 0
    assert empty.columns.tolist() == COLUMNS


def test_the_order_of_baskets_does_not_matter(table: pd.DataFrame) -> None:
    baskets = planted(11).baskets
    order = np.random.default_rng(1).permutation(baskets.table.shape[0])
    pd.testing.assert_frame_equal(mined(baskets.chosen(order)), table, rtol=1e-9)


def test_itemsets_of_four_have_rules_too() -> None:
    """Who has three of a, b, c and d has the fourth; two of them say less."""
    random = np.random.default_rng(2)
    filling = np.array(list("klmnopqrst"))
    words = ["abcd"] * 150 + [*("ab", "ac", "ad", "bc", "bd", "cd")] * 60 + [""] * 600
    held = [word + "".join(filling[random.random(10) < 0.4]) for word in words]
    table = mined(shop(*held), max_len=4)
    longest = table[table["antecedent"].map(len) == 3]
    assert ("a", "b", "c") in longest["antecedent"].tolist()
    assert (longest["count"] == 150).all()
    assert (longest["antecedent_count"] == 150).all()
