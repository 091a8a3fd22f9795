"""What a rule says, by hand from counts, and which rule speaks for an item."""

import numpy as np
import pandas as pd
import pytest
from mlxtend.frequent_patterns import association_rules

from serving.bundles.rules import Counts, Rules
from tests.serving.bundles.tiny import (
    BEER,
    BREAD,
    BUTTER,
    CHEESE,
    CHIPS,
    IDS,
    JAM,
    MARGARINE,
    SOAP,
    rule_rows,
)


@pytest.fixture(params=[1, 2, 3])
def rules(request: pytest.FixtureRequest) -> Rules:
    """The same rules, in whatever order they lie in the file."""
    rows = rule_rows()
    return Rules(rows[np.random.default_rng(request.param).permutation(len(rows))], len(IDS), 0.05)


def held(*basket: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    members = np.zeros(len(IDS), dtype=np.bool_)
    members[list(basket)] = True
    return members


def said(rules: Rules, basket: tuple[int, ...], item: int) -> tuple[tuple[int, ...], str] | None:
    """The antecedent that speaks for an item, and how loudly."""
    found = rules.evidence(held(*basket), item)
    if found is None:
        return None
    row = rules.rows[found[0]]
    assert row["consequent"] == item
    return tuple(code for code in row["antecedent"].tolist() if code >= 0), found[1]


def test_measures_by_hand() -> None:
    counts = Counts(both=60, antecedent=200, consequent=120, baskets=1000)
    assert counts.support == 0.06
    assert counts.confidence == 0.3
    assert counts.lift == pytest.approx(2.5, abs=1e-15)
    assert counts.leverage == pytest.approx(0.06 - 0.2 * 0.12, abs=1e-15)
    assert counts.conviction == pytest.approx(0.88 / 0.7, abs=1e-15)
    assert counts.zhang == pytest.approx(0.036 / max(0.06 * 0.8, 0.2 * (0.12 - 0.06)), abs=1e-15)


def test_a_rule_that_never_fails_has_no_finite_conviction() -> None:
    assert Counts(both=120, antecedent=120, consequent=400, baskets=1000).conviction is None
    assert Counts(both=5, antecedent=5, consequent=10, baskets=10).conviction is None


def test_what_every_basket_holds_says_nothing() -> None:
    counts = Counts(both=10, antecedent=10, consequent=10, baskets=10)
    assert (counts.lift, counts.leverage, counts.zhang) == (1.0, 0.0, 0.0)


def test_two_that_meet_less_than_by_chance_are_negative() -> None:
    counts = Counts(both=1, antecedent=50, consequent=50, baskets=100)
    assert counts.leverage == pytest.approx(-0.24)
    assert counts.zhang == pytest.approx(-0.24 / max(0.01 * 0.5, 0.5 * 0.49))


def test_measures_are_those_of_mlxtend() -> None:
    random = np.random.default_rng(4)
    for _ in range(50):
        baskets = int(random.integers(10, 10_000))
        one, other = (int(count) for count in random.integers(1, baskets + 1, 2))
        both = int(random.integers(max(1, one + other - baskets), min(one, other) + 1))
        itemsets = [({"A"}, one), ({"B"}, other), ({"A", "B"}, both)]
        frame = pd.DataFrame(
            {
                "itemsets": [frozenset(names) for names, _ in itemsets],
                "support": [count / baskets for _, count in itemsets],
            }
        )
        table = association_rules(frame, metric="support", min_threshold=0.0)
        (row,) = table[table["antecedents"] == frozenset({"A"})].to_dict("records")
        ours = Counts(both, one, other, baskets)
        names = {"support": "support", "confidence": "confidence", "lift": "lift", "leverage": "leverage"}
        for theirs, name in names.items():
            assert getattr(ours, name) == pytest.approx(row[theirs], rel=1e-9, abs=1e-12)
        if both < min(one, baskets) and max(one, other) < baskets:
            assert ours.conviction == pytest.approx(row["conviction"], rel=1e-9)
            assert ours.zhang == pytest.approx(row["zhangs_metric"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("basket", "item", "expected"),
    [
        ((BREAD,), BUTTER, ((BREAD,), "significant")),
        ((BREAD,), JAM, ((BREAD,), "significant")),
        ((BREAD, BUTTER), JAM, ((BREAD, BUTTER), "significant")),
        ((BUTTER, SOAP), JAM, ((BUTTER,), "significant")),
        ((BUTTER, JAM), BREAD, ((JAM,), "significant")),
        ((BUTTER, CHIPS), BREAD, ((BUTTER,), "significant")),
        ((CHIPS,), BREAD, ((CHIPS,), "weak")),
        ((BREAD,), CHIPS, ((BREAD,), "weak")),
        ((BEER,), CHIPS, ((BEER,), "weak")),
        ((CHEESE,), BEER, ((CHEESE,), "significant")),
        ((BREAD, BUTTER), SOAP, None),
        ((), BREAD, None),
        ((MARGARINE,), BUTTER, None),
    ],
)
def test_the_most_confident_significant_rule_speaks(
    rules: Rules, basket: tuple[int, ...], item: int, expected: tuple[tuple[int, ...], str] | None
) -> None:
    assert said(rules, basket, item) == expected


def test_a_rule_that_a_promotion_explains_is_never_significant(rules: Rules) -> None:
    """Chips lead to beer with the higher confidence, and only because of promotions."""
    assert said(rules, (CHIPS,), BEER) == ((CHIPS,), "weak")
    assert said(rules, (CHIPS, CHEESE), BEER) == ((CHEESE,), "significant")
    assert rules.partners(CHIPS).tolist() == []


@pytest.mark.parametrize(("limit", "grounds"), [(0.05, "significant"), (0.0499, "weak")])
def test_the_q_value_decides(limit: float, grounds: str) -> None:
    assert said(Rules(rule_rows(), len(IDS), limit), (BEER,), CHEESE) == ((BEER,), grounds)


def test_partners_are_reached_by_significant_pairs(rules: Rules) -> None:
    assert {item: set(rules.partners(item).tolist()) for item in range(len(IDS))} == {
        BREAD: {BUTTER, JAM},
        BUTTER: {BREAD, JAM},
        JAM: {BREAD, BUTTER},
        MARGARINE: set(),
        BEER: {CHEESE},
        CHIPS: set(),
        CHEESE: {BEER},
        SOAP: set(),
    }


def test_a_model_may_have_no_rule() -> None:
    rules = Rules(rule_rows()[:0], 3, 0.05)
    assert rules.evidence(np.ones(3, dtype=np.bool_), 1) is None
    assert rules.partners(2).tolist() == []
