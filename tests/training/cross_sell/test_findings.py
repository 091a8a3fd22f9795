"""What a run found out is measured from what everybody listed, and the made-up grocer is understood."""

import numpy as np
import pytest

from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS

BASELINES = ["popularity", "own_frequency", "item_knn", "tifu_knn"]


def test_everybody_is_judged_by_every_metric_of_every_kind(grocer: Findings) -> None:
    assert list(grocer.metrics) == ["model", *BASELINES]
    assert grocer.baselines == list(grocer.ratios) == BASELINES
    names = [
        f"{metric}_at_{k}" for metric, k in (("ndcg", 10), ("recall", 10), ("hit_rate", 10), ("recall", 20))
    ]
    for values in (*grocer.metrics.values(), *grocer.ratios.values()):
        assert set(values) == {f"{name}.{kind}" for name in names for kind in KINDS}


def test_the_taste_of_customers_is_found_out(grocer: Findings) -> None:
    model = grocer.metrics["model"]["ndcg_at_10.new"].estimate
    assert all(model > grocer.metrics[rival]["ndcg_at_10.new"].estimate for rival in BASELINES)
    assert grocer.ratios["popularity"]["ndcg_at_10.new"].low > 1
    assert grocer.ratios["popularity"]["ndcg_at_10.all"].low > 1


def test_the_sources_together_reach_what_each_reaches(grocer: Findings) -> None:
    together = grocer.totals.mean("model", "candidate_recall.new").estimate
    assert together == pytest.approx(
        np.mean([judged.candidate_recall["all"]["new"] for judged in grocer.backtest.judged])
    )
    assert max(recall["new"] for recall in grocer.source_recall.values()) <= together
    assert grocer.source_recall["own history"]["new"] == 0
    assert grocer.source_recall["popular"]["repeat"] == 0
    assert grocer.candidates_per_customer <= 16


def test_coverage_and_concentration_are_means_over_periods(grocer: Findings) -> None:
    assert set(grocer.coverage) == set(grocer.concentration) == {"all", "new"}
    assert grocer.coverage["all"]["popularity"] == pytest.approx(10 / 16)
    assert grocer.concentration["all"]["popularity"] == pytest.approx(0.1)
    assert grocer.coverage["all"]["model"] > 0.9


def test_contributions_are_exact(grocer: Findings) -> None:
    rows, model = grocer.backtest.judged[-1].rows, grocer.backtest.judged[-1].model
    assert grocer.contributions.shape == (len(rows), len(grocer.pairs.names))
    raw, again = model.score.log_odds(rows), rows[:, model.names.index("repeat")] == 1
    added = model.score.contributions(rows).sum(axis=1)
    assert np.sort(grocer.contributions.sum(axis=1)) == pytest.approx(np.sort(added))
    for kind in (again, ~again):
        base = raw[kind] - added[kind]
        assert base == pytest.approx(np.full(kind.sum(), base[0]), abs=1e-6)
