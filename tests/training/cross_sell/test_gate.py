"""The gate: better than every baseline, right about sums, broad, and no step back from the champion."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from tests.market import CANARY
from training.config import CrossSellPromotion
from training.cross_sell.findings import Findings
from training.cross_sell.gate import judge, scores_of
from training.verdict import Check, Verdict

RULES = CrossSellPromotion(
    max_ndcg_loss=0.003,
    max_calibration_error=0.01,
    max_probability_surplus=0.05,
    min_coverage=0.05,
    min_coverage_of_baselines=0.5,
    max_top_item_over_baselines=1.25,
)
SIZE = 300
GOOD: Mapping[str, float] = {
    "model/ndcg_at_10.all": 0.67,
    "popularity/ndcg_at_10.all": 0.55,
    "tifu_knn/ndcg_at_10.all": 0.65,
    "model/ndcg_at_10.new": 0.25,
    "popularity/ndcg_at_10.new": 0.21,
    "tifu_knn/ndcg_at_10.new": 0.20,
    "model/catalogue_coverage.all": 0.7,
    "popularity/catalogue_coverage.all": 0.03,
    "tifu_knn/catalogue_coverage.all": 0.8,
    "model/catalogue_coverage.new": 0.5,
    "popularity/catalogue_coverage.new": 0.5,
    "tifu_knn/catalogue_coverage.new": 0.4,
    "model/top_item_share.all": 0.08,
    "popularity/top_item_share.all": 0.1,
    "tifu_knn/top_item_share.all": 0.078,
    "model/top_item_share.new": 0.03,
    "popularity/top_item_share.new": 0.03,
    "tifu_knn/top_item_share.new": 0.032,
    "model/showable": 1.0,
    "model/candidates.all": 100.0,
    "model/found.all": 20.0,
    "model/expected.all": 20.0,
    "model/bought.all": 21.0,
    **{f"model/surplus.{place}.all": 0.0 for place in range(10)},
}
"""Means of a challenger that passes; only NDCG@10 differs between customers."""

SUM_RULE = (
    "a sum of probabilities within 5 % of the purchases among the candidates, "
    "or not significantly farther off"
)


def scored(changes: Mapping[str, float] = GOOD, people: str = "p") -> pd.DataFrame:
    """Two periods of customers with these means."""
    means = {**GOOD, **changes}
    return pd.concat([period(number, f"{people}{number}", means) for number in (0, 1)], ignore_index=True)


def period(number: int, people: str, means: Mapping[str, float]) -> pd.DataFrame:
    random = np.random.default_rng(number)
    taste = random.normal(0, 0.1, SIZE)
    rows = {"origin": number, "people": people, "person": np.arange(SIZE)}
    for name, mean in means.items():
        rows[name] = mean
        if "ndcg" in name:
            noise = taste + random.normal(0, 0.02, SIZE)
            rows[name] = mean + noise - noise.mean()
    return pd.DataFrame(rows)


def refused(verdict: Verdict) -> list[str]:
    return [check.rule for check in verdict.checks if not check.holds]


def rule(verdict: Verdict, words: str) -> Check:
    (check,) = [check for check in verdict.checks if words in check.rule]
    return check


def test_a_model_that_holds_every_rule_passes() -> None:
    verdict = judge(scored(), None, RULES)
    assert verdict.promoted
    assert [check.rule for check in verdict.checks] == [
        "a higher NDCG@10 of all purchases than popularity",
        "at most 0.003 less NDCG@10 of all purchases than tifu knn, and not significantly less",
        "a higher NDCG@10 of new purchases than popularity",
        "a higher NDCG@10 of new purchases than tifu knn",
        "a calibration error of at most 0.01, or not significantly more",
        SUM_RULE,
        "lists of all items that show at least 40.0 % of the items",
        "at most 9.75 % of the places in lists of all items for one item",
        "lists of new items that show at least 25.0 % of the items",
        "at most 3.75 % of the places in lists of new items for one item",
    ]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"popularity/ndcg_at_10.all": 0.6699}, "a higher NDCG@10 of all purchases than popularity"),
        ({"popularity/ndcg_at_10.new": 0.2499}, "a higher NDCG@10 of new purchases than popularity"),
        ({"tifu_knn/ndcg_at_10.new": 0.2499}, "a higher NDCG@10 of new purchases than tifu knn"),
        ({"tifu_knn/ndcg_at_10.all": 0.70}, "at most 0.003 less NDCG@10 of all purchases than tifu knn"),
        ({"model/surplus.3.all": 1.5}, "a calibration error of at most 0.01"),
        ({"model/surplus.3.all": -1.5}, "a calibration error of at most 0.01"),
        ({"model/expected.all": 22.0}, "a sum of probabilities within 5 % of the purchases"),
        ({"model/expected.all": 18.0}, "a sum of probabilities within 5 % of the purchases"),
        ({"model/catalogue_coverage.all": 0.39}, "lists of all items that show at least 40.0 %"),
        ({"model/catalogue_coverage.new": 0.24}, "lists of new items that show at least 25.0 %"),
        ({"model/top_item_share.all": 0.098}, "at most 9.75 % of the places in lists of all items"),
        ({"model/top_item_share.new": 0.04}, "at most 3.75 % of the places in lists of new items"),
    ],
)
def test_one_broken_rule_holds_it_back(change: dict[str, float], broken: str) -> None:
    verdict = judge(scored(change), None, RULES)
    (only,) = refused(verdict)
    assert only.startswith(broken)
    assert not verdict.promoted


def test_equal_to_tifu_over_all_purchases_is_enough() -> None:
    assert judge(scored({"tifu_knn/ndcg_at_10.all": 0.6701}), None, RULES).promoted


def test_errors_that_may_be_chance_are_allowed() -> None:
    table = scored()
    table["model/expected.all"] = np.where(np.arange(len(table)) % 30 == 0, 20 + 1.2 * 30, 20.0)
    assert rule(judge(table, None, RULES), "sum of probabilities").found.startswith("1.06")
    assert judge(table, None, RULES).promoted


def test_a_recommender_of_next_to_nothing_is_refused_whatever_the_baselines_show() -> None:
    narrow = {f"{model}/catalogue_coverage.all": 0.008 for model in ("model", "popularity", "tifu_knn")}
    assert refused(judge(scored(narrow), None, RULES)) == [
        "lists of all items that show at least 5.0 % of the items"
    ]


def test_where_lists_can_show_little_of_the_catalogue_the_floor_follows() -> None:
    huge = {f"{model}/catalogue_coverage.all": 0.008 for model in ("model", "popularity", "tifu_knn")}
    assert judge(scored({**huge, "model/showable": 0.1}), None, RULES).promoted


@pytest.mark.parametrize(
    ("kind", "champion", "holds"),
    [
        ("all", 0.60, True),
        ("all", 0.671, True),
        ("all", 0.68, False),
        ("new", 0.25, True),
        ("new", 0.26, False),
    ],
)
def test_the_champion_is_compared_on_the_same_rows(kind: str, champion: float, holds: bool) -> None:  # noqa: FBT001 - the expected answer
    other = scored({f"model/ndcg_at_10.{kind}": champion})
    noise = np.random.default_rng(7).normal(0, 0.05, len(other))
    other[f"model/ndcg_at_10.{kind}"] += noise - noise.mean()
    verdict = judge(scored(), other, RULES)
    found = rule(verdict, f"{kind} purchases than the champion on the same rows")
    assert (found.holds, verdict.promoted) == (holds, holds)


def test_a_champion_that_was_tested_on_other_customers_holds_it_back() -> None:
    verdict = judge(scored(), scored(people="others"), RULES)
    assert refused(verdict) == ["no step back from the champion on the same rows"]
    assert "share no test rows" in rule(verdict, "no step back").found


def test_only_the_periods_that_both_were_tested_at_are_compared() -> None:
    champion = scored()
    champion["model/ndcg_at_10.all"] = np.where(
        champion["origin"] == 0, 0.99, champion["model/ndcg_at_10.all"]
    )
    champion.loc[champion["origin"] == 0, "people"] = "another period"
    assert judge(scored(), champion, RULES).promoted


def test_the_gate_measures_what_the_report_says(grocer: Findings) -> None:
    verdict = judge(scores_of(grocer.backtest.judged), None, RULES)
    gained = grocer.backtest.replicates.difference("model", "popularity", "ndcg_at_10.new")
    assert rule(verdict, "new purchases than popularity").found.startswith(f"{gained.estimate:+.4f} ")
    error = grocer.totals.mean("model", "calibration_error.all")
    assert rule(verdict, "calibration error").found.startswith(f"{error.estimate:.4f} ")
    shown = grocer.coverage["new"]["model"]
    assert rule(verdict, "lists of new items that show").found.startswith(f"{100 * shown:.1f} %")
    top = grocer.concentration["new"]["model"]
    assert rule(verdict, "places in lists of new items").found.startswith(f"{100 * top:.2f} %")


def test_scores_hold_no_customer_id_and_say_who_was_tested(grocer: Findings) -> None:
    table = scores_of(grocer.backtest.judged)
    assert CANARY not in table.to_csv()
    assert table.groupby("origin")["people"].nunique().tolist() == [1, 1]
    assert table["people"].nunique() == 2
    assert len(table) == sum(len(judged.customers) for judged in grocer.backtest.judged)
    assert scores_of(grocer.backtest.judged).equals(table)


def test_the_same_customers_with_other_purchases_are_other_rows(grocer: Findings) -> None:
    first, second = grocer.backtest.judged
    assert set(scores_of([first])["people"]).isdisjoint(scores_of([second])["people"])
