"""What everybody listed at a test period, and what is told of it."""

from datetime import timedelta

import numpy as np
import pytest

from training.cross_sell.backtest import LISTED, METRICS, tuned_tifu
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS, period
from training.cross_sell.ranking_metrics import ndcg_at_k


def test_everybody_lists_for_everybody(grocer: Findings) -> None:
    for judged in grocer.backtest.judged:
        assert set(judged.lists) == set(judged.targets) == set(KINDS)
        for lists in judged.lists.values():
            assert list(lists) == grocer.backtest.models
            assert {top.shape for top in lists.values()} == {(len(judged.customers), LISTED)}


def test_the_model_ranks_candidates_by_their_probability(grocer: Findings) -> None:
    judged = grocer.backtest.judged[-1]
    size = len(judged.customer)
    assert len(judged.label) == len(judged.repeat) == len(judged.probability) == size
    assert judged.candidates_per_customer == pytest.approx(size / len(judged.customers))
    best = np.zeros(len(judged.customers))
    np.maximum.at(best, judged.customer, judged.probability)
    first = judged.lists["all"]["model"][:, 0]
    assert (first >= 0).all()
    hits = judged.targets["all"].toarray()[np.arange(len(first)), first]
    assert best.mean() == pytest.approx(hits.mean(), abs=0.2)


def test_replicates_are_of_the_lists(grocer: Findings) -> None:
    judged = grocer.backtest.judged[0]
    for name in grocer.backtest.models:
        measured = np.nanmean(ndcg_at_k(judged.lists["new"][name], judged.targets["new"], 10))
        assert grocer.backtest.replicates.at(0, name, "ndcg_at_10.new").estimate == pytest.approx(measured)
    assert set(grocer.backtest.replicates.measured) == {
        (name, f"{metric}.{kind}") for name in grocer.backtest.models for metric in METRICS for kind in KINDS
    }


def test_tifu_is_tuned_on_the_period_before_the_first_test(grocer: Findings) -> None:
    before = period(
        grocer.workspace.tables, grocer.pairs, grocer.backtest.judged[0].as_of - timedelta(days=14)
    )
    assert tuned_tifu(before) == grocer.backtest.tifu
