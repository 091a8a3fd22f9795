"""The gate on scores written by hand: each rule alone holds a challenger back."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from training.bundles.gate import judge
from training.config import BundlesPromotion
from training.verdict import Verdict

RULES = BundlesPromotion(max_hit_rate_loss=0.01, max_probability_surplus=0.1, min_coverage_of_baselines=0.5)
BASKETS = 400


def hits(rate: float) -> list[float]:
    return [1.0] * round(rate * BASKETS) + [0.0] * (BASKETS - round(rate * BASKETS))


def scores(people: str = "the same", **changes: float) -> pd.DataFrame:
    told = {"rate": 0.3, "rival": 0.2, "probability": 0.3, "coverage": 0.4, "broad": 0.6, **changes}
    return pd.DataFrame(
        {
            "origin": 0,
            "people": people,
            "person": np.arange(BASKETS) // 2,
            "model/hit_rate_at_10": hits(told["rate"]),
            "model_without_customer/hit_rate_at_10": hits(0.9),  # no rival
            "popularity/hit_rate_at_10": hits(told["rival"]),
            "model/coverage": told["coverage"],
            "model_without_customer/coverage": 1.0,
            "popularity/coverage": told["broad"],
            "model/probability": told["probability"],
        }
    ).sample(frac=1, random_state=1)


def failed(verdict: Verdict) -> list[str]:
    return [check.rule for check in verdict.checks if not check.holds]


def test_a_better_right_and_broad_model_may_serve() -> None:
    verdict = judge(scores(), None, RULES)
    assert (verdict.promoted, len(verdict.checks)) == (True, 3)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"rival": 0.3}, "a higher hit rate@10 than popularity"),
        ({"probability": 0.34}, "probabilities of the lists within 10 % of their hits"),
        ({"probability": 0.26}, "probabilities of the lists within 10 % of their hits"),
        ({"coverage": 0.2}, "lists that show at least 30.0 % of the items"),
    ],
)
def test_each_rule_alone_holds_back(changes: Mapping[str, float], rule: str) -> None:
    assert failed(judge(scores("the same", **changes), None, RULES)) == [rule]


def test_a_model_that_never_hits_is_held_back_and_not_divided_by() -> None:
    assert "probabilities of the lists within 10 % of their hits" in failed(
        judge(scores(rate=0.0), None, RULES)
    )


def test_a_step_back_from_the_champion_is_held_back() -> None:
    worse = judge(scores(), scores(rate=0.4, probability=0.4), RULES)
    assert failed(worse)[0].startswith("a hit rate@10 at most 0.01 below the champion's")
    assert judge(scores(), scores(rate=0.2, probability=0.2), RULES).promoted


def test_a_champion_on_other_baskets_cannot_be_compared() -> None:
    verdict = judge(scores(), scores(people="others"), RULES)
    assert not verdict.promoted
    assert "they share no test rows" in verdict.checks[-1].found
