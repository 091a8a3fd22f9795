"""Totals by customer, and their ratios worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from training.averages import Origin, replicate
from training.cross_sell.backtest import MODEL, Judged
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS
from training.cross_sell.totals import totals_by_customer, with_totals
from training.intervals import Replicates


@pytest.fixture
def judged(grocer: Findings) -> Judged:
    return grocer.backtest.judged[-1]


def totals(*judged: Judged) -> Replicates:
    return with_totals(replicate([Origin(each.customers, totals_by_customer(each)) for each in judged], 50))


def test_sums_over_customers_are_those_over_candidates(judged: Judged) -> None:
    found = totals_by_customer(judged)
    assert found[MODEL, "expected.all"].sum() == pytest.approx(judged.probability.sum())
    assert found[MODEL, "found.repeat"].sum() == judged.label[judged.repeat].sum()
    assert found[MODEL, "candidates.new"].sum() == (~judged.repeat).sum()
    assert found[MODEL, "bought.all"].sum() == judged.targets["all"].sum()
    assert all(len(values) == len(judged.customers) for values in found.values())


def test_every_ratio_by_hand(judged: Judged) -> None:
    found = totals(judged)
    for kind, rows in (("all", judged.repeat | True), ("repeat", judged.repeat), ("new", ~judged.repeat)):
        probability, label = judged.probability[rows], judged.label[rows]
        groups = np.searchsorted(np.quantile(probability, np.arange(1, 10) / 10), probability, side="right")
        gaps = [abs((probability - label)[groups == number].sum()) for number in range(10)]
        measured = {metric: found.mean(MODEL, f"{metric}.{kind}").estimate for metric in NAMES}
        assert measured["calibration_error"] == pytest.approx(sum(gaps) / len(label))
        assert measured["probability_sum"] == pytest.approx(probability.sum() / label.sum())
        assert measured["candidate_recall"] == pytest.approx(label.sum() / judged.targets[kind].sum())


NAMES = ("calibration_error", "probability_sum", "candidate_recall")


def test_probabilities_that_came_true_have_no_error(judged: Judged) -> None:
    certain = totals(replace(judged, probability=judged.label))
    assert [certain.mean(MODEL, f"calibration_error.{kind}").estimate for kind in KINDS] == [0, 0, 0]
    assert [certain.mean(MODEL, f"probability_sum.{kind}").estimate for kind in KINDS] == [1, 1, 1]


def test_a_mean_over_periods_is_that_of_the_ratios(judged: Judged, grocer: Findings) -> None:
    first = grocer.backtest.judged[0]
    alone = [totals(each).mean(MODEL, "probability_sum.all").estimate for each in (first, judged)]
    assert totals(first, judged).mean(MODEL, "probability_sum.all").estimate == pytest.approx(np.mean(alone))


def test_without_purchases_there_is_no_ratio(judged: Judged) -> None:
    nothing = totals(replace(judged, label=np.zeros_like(judged.label)))
    assert np.isnan(nothing.mean(MODEL, "probability_sum.all").estimate)


def test_kinds_that_were_not_kept_are_left_out() -> None:
    kept = {name: np.ones(3) for name in ("candidates.all", "expected.all", "found.all", "bought.all")}
    kept |= {f"surplus.{place}.all": np.full(3, 0.01) for place in range(10)}
    one = Origin(np.arange(3), {(MODEL, name): values for name, values in kept.items()})
    found = with_totals(replicate([one], 10))
    assert set(found.measured) == {(MODEL, f"{name}.all") for name in NAMES}
    assert found.mean(MODEL, "calibration_error.all").estimate == pytest.approx(0.1)
