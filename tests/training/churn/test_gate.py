"""The gate: better than every baseline, calibrated, and no step back from the champion."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tests.market import CANARY
from training.arrays import Floats
from training.churn.backtest import MODEL
from training.churn.bootstrap import Origin
from training.churn.gate import judge, scores_of
from training.churn.report import Findings
from training.config import ChurnPromotion
from training.verdict import Check, Verdict

RULES = ChurnPromotion(max_auc_loss=0.005, max_calibration_error=0.08)
SIZE = 400
NOBODY: Mapping[str, float] = {}


def odds(number: int) -> Floats:
    """True log-odds of everybody's churn at an origin."""
    return np.random.default_rng(number).normal(-0.5, 1.5, SIZE)


def scored(noise: float = 0.0, slope: float = 1.0, prefix: str = CANARY, **rivals: float) -> pd.DataFrame:
    """Scores over two origins of a model, and of rivals, with that much noise each in place of knowledge."""
    return scores_of([origin(number, noise, slope, prefix, rivals) for number in (1, 2)])


def origin(
    number: int,
    noise: float = 0.0,
    slope: float = 1.0,
    prefix: str = CANARY,
    rivals: Mapping[str, float] = NOBODY,
) -> Origin:
    random, truth = np.random.default_rng(number + 10), odds(number)
    label = (random.random(SIZE) < expit(truth)).astype(float)
    said = truth + noise * random.normal(size=SIZE)
    ranks = {name: truth + much * random.normal(size=SIZE) for name, much in rivals.items()}
    return Origin(
        np.array([f"{prefix}{who}" for who in range(SIZE)]), label, {MODEL: expit(slope * said)}, ranks
    )


def rule(verdict: Verdict, words: str) -> Check:
    (check,) = [check for check in verdict.checks if words in check.rule]
    return check


def test_a_model_that_knows_more_than_every_baseline_passes() -> None:
    verdict = judge(scored(recency=3.0, frequency=4.0), None, RULES)
    assert [check.rule for check in verdict.checks] == [
        "an AUC above 0.5",
        "a higher AUC than frequency",
        "a higher AUC than recency",
        "a calibration error of at most 0.08, or not significantly more",
    ]
    assert verdict.promoted


def test_one_baseline_that_is_as_good_holds_it_back() -> None:
    verdict = judge(scored(noise=0.2, recency=0.5, frequency=4.0), None, RULES)
    assert not verdict.promoted
    assert [check.rule for check in verdict.checks if not check.holds] == ["a higher AUC than recency"]
    assert rule(verdict, "recency").found.startswith("+0.00")  # better, but it may be chance
    assert "95 % interval -" in rule(verdict, "recency").found


def test_parts_of_the_model_are_no_baselines() -> None:
    verdict = judge(scored(noise=2.0, trees_only=0.0, linear_only=0.0), None, RULES.model_copy())
    assert [check.rule for check in verdict.checks] == [
        "an AUC above 0.5",
        "a calibration error of at most 0.08, or not significantly more",
    ]


def test_a_baseline_that_gives_probabilities_counts_as_well() -> None:
    origins = [origin(number, noise=2.0) for number in (1, 2)]
    better = [
        Origin(o.customer, o.label, {**o.probabilities, "logistic_rfm": expit(odds(n))}, {})
        for n, o in enumerate(origins, 1)
    ]
    assert not rule(judge(scores_of(better), None, RULES), "logistic_rfm").holds


def test_overconfident_probabilities_hold_it_back() -> None:
    verdict = judge(scored(slope=4.0), None, RULES)
    assert not verdict.promoted
    assert rule(verdict, "calibration error").found > "0.08"
    assert judge(scored(), None, RULES).promoted


def test_guessing_holds_it_back_where_there_is_no_baseline() -> None:
    guessing = judge(scored(noise=1e9), None, ChurnPromotion(max_auc_loss=0, max_calibration_error=1))
    assert not rule(guessing, "above 0.5").holds


@pytest.mark.parametrize(
    ("challenger", "champion", "holds"),
    [
        (0.2, 2.0, True),  # clearly better
        (1.0, 1.0, True),  # the same model again
        (2.0, 0.2, False),  # clearly worse
    ],
)
def test_the_champion_is_compared_on_the_same_rows(challenger: float, champion: float, holds: bool) -> None:  # noqa: FBT001 - the expected answer
    lenient = ChurnPromotion(max_auc_loss=0.005, max_calibration_error=1)
    verdict = judge(scored(noise=challenger), scored(noise=champion), lenient)
    assert rule(verdict, "champion").holds is holds
    assert verdict.promoted is holds


def test_a_small_loss_that_may_be_chance_is_accepted_up_to_the_rule() -> None:
    better, worse = scored(noise=1.0), scored(noise=1.01)
    worse[f"probability.{MODEL}"] = np.clip(worse[f"probability.{MODEL}"], 0, 0.97)
    strict, lenient = (ChurnPromotion(max_auc_loss=loss, max_calibration_error=1) for loss in (0.0, 0.5))
    assert rule(judge(worse, better, lenient), "champion").found.startswith("-0.00")
    assert not rule(judge(worse, better, strict), "champion").holds
    assert not rule(judge(scored(noise=3.0), better, lenient), "champion").holds  # significantly worse


def test_a_champion_that_was_tested_on_other_customers_holds_it_back() -> None:
    found = rule(judge(scored(), scored(noise=5.0, prefix="other-"), RULES), "champion")
    assert not found.holds
    assert "share no test rows" in found.found


def test_only_the_origins_that_both_were_tested_at_are_compared() -> None:
    worse_elsewhere = scored(noise=0.1)
    elsewhere = worse_elsewhere["origin"] == 0
    worse_elsewhere.loc[elsewhere, "people"] = "another period"
    worse_elsewhere.loc[elsewhere, f"probability.{MODEL}"] = 0.5
    assert rule(judge(worse_elsewhere, scored(noise=2.0), RULES), "champion").holds


def test_the_same_customers_with_other_outcomes_are_other_rows() -> None:
    turned = [Origin(o.customer, 1 - o.label, o.probabilities, {}) for o in [origin(1)]]
    alike = scores_of([origin(1)])
    assert set(scores_of(turned)["people"]).isdisjoint(alike["people"])


def test_the_gate_measures_what_the_report_says(market: Findings) -> None:
    """Customers are drawn together at all origins there and here, so the intervals are equal."""
    verdict = judge(scores_of(market.backtest.origins), None, RULES)
    for name in market.backtest.rivals:
        told = market.auc_gained()[name]
        words = f"{told.estimate:+.4f} (95 % interval {told.low:+.4f} to {told.high:+.4f})"
        assert [check.found for check in verdict.checks if check.rule == f"a higher AUC than {name}"] == [
            words
        ]


def test_scores_hold_no_customer_id() -> None:
    assert CANARY not in scored(recency=1.0).to_csv()
