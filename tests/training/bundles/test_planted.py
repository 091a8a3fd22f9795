"""What is planted is found in a hundred made-up shops, and hardly anything else."""

from collections import Counter
from collections.abc import Iterator

import pandas as pd
import pytest

from tests.training.bundles.planted import Planted, planted
from training.bundles.counting import pair_counts
from training.bundles.relations import substitutes, within_customers
from training.bundles.rules import rule_table
from training.config import read_config

SHOPS = 100


@pytest.fixture(scope="module")
def found() -> Counter[str]:
    """What was found in all the shops together."""
    total: Counter[str] = Counter()
    for seed in range(SHOPS):
        total.update(_found(planted(seed)))
    return total


def test_no_more_than_one_in_twenty_accepted_pairs_is_false(found: Counter[str]) -> None:
    assert found["accepted"] > 2 * SHOPS
    assert found["accepted, false"] <= 0.05 * found["accepted"]


def test_most_complements_are_accepted(found: Counter[str]) -> None:
    assert found["accepted, complement"] >= 0.95 * found["complement"]


def test_pairs_that_only_a_promotion_joins_are_explained(found: Counter[str]) -> None:
    assert found["significant, promoted"] > SHOPS
    assert found["explained, promoted"] >= 0.95 * found["significant, promoted"]
    assert found["explained by promotion"] > found["explained, promoted"] / 3


def test_substitutes_are_found_and_are_never_accepted(found: Counter[str]) -> None:
    assert found["substitute, true"] >= 0.95 * found["substitute"]
    assert found["substitute, false"] <= 0.05 * found["substitute, true"]
    assert found["accepted, substitute"] == 0
    assert found["complement of a substitute"] == 0


def test_without_the_sizes_of_baskets_most_pairs_would_be_accepted(found: Counter[str]) -> None:
    assert found["significant, independent"] > 0.5 * found["independent with a rule"]


def _found(shop: Planted) -> Iterator[str]:
    config = read_config().bundles.model_copy(update={"max_len": 2})
    within = within_customers(shop.baskets)
    rules = rule_table(shop.baskets, pair_counts(shop.baskets.table), within, config)
    for _row, rule in rules.iterrows():
        pair = _codes(rule["antecedent"][0], rule["consequent"])
        if pair[0] < pair[1]:
            yield from _of_rule(rule, shop.kind(pair))
    yield from ["complement"] * len(shop.complements)
    yield from ["substitute"] * len(shop.substitutes)
    for first, second in substitutes(within, shop.baskets.items)[["first", "second"]].itertuples(index=False):
        known = _codes(first, second) in shop.substitutes
        yield "substitute, true" if known else "substitute, false"


def _of_rule(rule: pd.Series, kind: str) -> Iterator[str]:
    significant = rule["q_value"] <= 0.05
    if kind == "independent":
        yield "independent with a rule"
    if significant:
        yield f"significant, {kind}"
    if rule["explained"]:
        yield f"explained, {kind}"
    if kind == "promoted" and rule["explained_by"] == "promotion":
        yield "explained by promotion"
    if kind == "substitute" and rule["relation"] == "complement":
        yield "complement of a substitute"
    if significant and not rule["explained"]:
        yield from ("accepted", f"accepted, {kind}")
        if kind != "complement":
            yield "accepted, false"


def _codes(first: str, second: str) -> tuple[int, int]:
    return int(first[1:]), int(second[1:])
