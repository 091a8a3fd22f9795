"""Figures are whole, are JSON, and tell the tracker the same."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.market import CANARY
from training.cross_sell.figures import as_json, logged_metrics
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS


def test_the_figures_are_whole_and_are_json(grocer: Findings) -> None:
    text = json.dumps(as_json(grocer), allow_nan=False)
    figures = json.loads(text)
    assert CANARY not in text
    assert (figures["dataset"], figures["item_level"]) == ("grocer", "product")
    assert (figures["horizon_days"], figures["new_after_days"]) == (14, 365)
    assert figures["origins"] == ["2024-04-21T00:00:00+00:00", "2024-05-05T00:00:00+00:00"]
    assert figures["data_fingerprint"] == grocer.workspace.tables.fingerprint
    assert figures["pair_fingerprint"] == grocer.pairs.fingerprint
    assert (figures["customers"], figures["items"]) == (240, 16)
    assert set(figures["metrics"]) == {"model", *figures["ratios"]} == set(figures["by_origin"])
    assert set(figures["tuned_tifu_knn"]) >= {"own_share", "neighbours", "group_decay"}
    assert (
        set(figures["catalogue_coverage"]["new"])
        == set(figures["top_item_share"]["all"])
        == set(figures["metrics"])
    )


@pytest.mark.parametrize("name", ["calibration_error", "probability_sum", "candidate_recall"])
def test_every_kind_has_its_mean_its_error_and_its_periods(grocer: Findings, name: str) -> None:
    told = as_json(grocer)[name]
    assert list(told) == list(KINDS)
    for interval in told.values():
        assert interval["low"] <= interval["high"]
        assert interval["standard_error"] >= 0
        periods = [period["estimate"] for period in interval["by_origin"]]
        assert np.mean(periods) == pytest.approx(interval["estimate"])


def test_metrics_of_periods_average_to_their_mean(grocer: Findings) -> None:
    figures = as_json(grocer)
    periods = [period["estimate"] for period in figures["by_origin"]["tifu_knn"]["ndcg_at_10.new"]]
    assert np.mean(periods) == pytest.approx(figures["metrics"]["tifu_knn"]["ndcg_at_10.new"]["estimate"])


def test_purchases_are_counted_once(grocer: Findings) -> None:
    for told in as_json(grocer)["purchases"]:
        parts = told["among_candidates"] + told["outside_candidates"] + told["unforeseen"]
        assert told["purchases"] == parts > 0


def test_the_share_of_negatives_is_told_by_moment(grocer: Findings) -> None:
    told = as_json(grocer)["learnt_from"]
    assert [each["as_of"][:10] for each in told] == ["2024-04-21", "2024-05-05"]
    assert all(0 < each["share_of_negatives_kept"] < 1 for each in told)
    assert all(each["rows"] == pytest.approx(2500, rel=0.05) for each in told)


def test_what_is_no_number_is_null_and_is_not_logged(grocer: Findings) -> None:
    newest = grocer.backtest.judged[-1]
    silent = replace(newest, label=np.zeros_like(newest.label))
    findings = replace(grocer, backtest=replace(grocer.backtest, judged=(silent,)))
    assert as_json(findings)["probability_sum"]["all"]["estimate"] is None
    assert "probability_sum.all" not in logged_metrics(findings)


def test_the_tracker_gets_the_model_s_metrics_bare(grocer: Findings) -> None:
    logged = logged_metrics(grocer)
    measured = grocer.metrics["model"]["ndcg_at_10.new"]
    assert (logged["ndcg_at_10.new"], logged["ndcg_at_10.new_se"]) == (
        measured.estimate,
        measured.standard_error,
    )
    assert logged["tifu_knn.recall_at_10.all"] == grocer.metrics["tifu_knn"]["recall_at_10.all"].estimate
    assert logged["catalogue_coverage.new"] == grocer.coverage["new"]["model"]
    assert logged["top_item_share.all"] == grocer.concentration["all"]["model"]
    assert {f"{name}.{kind}" for name in ("calibration_error", "candidate_recall") for kind in KINDS} <= set(
        logged
    )
