"""A run is told in tables, figures, pictures and a card, with time and without."""

import json
from io import StringIO

import pytest
from rich.console import Console

from tests.market import CANARY
from training.churn.backtest import LINEAR, MODEL, TREES
from training.churn.metrics import METRICS, RANK_METRICS
from training.churn.report import Findings, as_json, card, pictures, print_findings

BASELINES = ["logistic_rfm", "mbg_nbd", "recency", "frequency", "recency_over_gap"]


def printed(findings: Findings, width: int) -> list[str]:
    stream = StringIO()
    print_findings(Console(file=stream, width=width), findings)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [100, 120])
def test_the_tables_say_every_name_and_number_on_one_line(market: Findings, width: int) -> None:
    lines = printed(market, width)
    auc, gained = market.metrics()[MODEL]["auc"], market.auc_gained()["recency"]
    assert any(
        "│ model " in line and f"{auc.estimate:.4f} ± {auc.standard_error:.4f}" in line for line in lines
    )
    assert any("│ recency " in line and f"{gained.low:+.4f} to {gained.high:+.4f}" in line for line in lines)
    names = [line.split("│")[1].strip().replace(" ", "_") for line in lines if line.startswith("│")]
    assert names == [*market.scored, *market.scored[1:]]


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_wraps_and_cuts_nothing_off(market: Findings, width: int) -> None:
    text = "\n".join(printed(market, width))
    assert "…" not in text
    assert f"{market.metrics()[MODEL]['auc'].estimate:.4f}" in text


def test_everybody_who_was_judged_is_told_the_model_first(
    market: Findings, subscribers: Findings, leavers: Findings
) -> None:
    assert market.scored == [MODEL, *BASELINES[:2], TREES, LINEAR, *BASELINES[2:]]
    assert subscribers.scored == leavers.scored == [MODEL, TREES, LINEAR]


def test_what_only_ranks_has_no_metrics_of_probabilities(market: Findings) -> None:
    metrics = market.metrics()
    assert set(metrics[MODEL]) == set(metrics["mbg_nbd"]) == set(METRICS)
    assert set(metrics["recency"]) == set(RANK_METRICS)


def test_the_figures_are_whole_and_are_json(market: Findings) -> None:
    figures = json.loads(json.dumps(as_json(market), allow_nan=False))
    assert figures["dataset"] == "market"
    assert figures["churn"] == {"kind": "inactivity", "active_days": 28, "horizon_days": 14}
    assert figures["origins"] == ["2024-04-07T00:00:00+00:00", "2024-04-21T00:00:00+00:00"]
    assert figures["data_fingerprint"] == market.workspace.tables.fingerprint
    assert figures["feature_fingerprint"] == market.workspace.features.fingerprint
    assert set(figures["auc_gained"]) == {*BASELINES, TREES, LINEAR}
    by_origin = [entry["estimate"] for entry in figures["by_origin"][MODEL]]
    assert sum(by_origin) / 2 == pytest.approx(figures["metrics"][MODEL]["auc"]["estimate"])


def test_figures_without_time_say_so(subscribers: Findings, leavers: Findings) -> None:
    timeless, dated = as_json(subscribers), as_json(leavers)
    assert (timeless["origins"], timeless["data_period"]) == ([], [])
    assert timeless["churn"] == {"kind": "explicit"}
    assert (len(dated["origins"]), dated["churn"]["horizon_days"]) == (2, 28)


def test_pictures_of_time_need_time(market: Findings, subscribers: Findings, leavers: Findings) -> None:
    always = {"calibration", "gains", "lift", "precision_recall", "importance", "contributions"}
    assert set(pictures(market)) == set(pictures(leavers)) == {*always, "backtest"}
    assert set(pictures(subscribers)) == always


def test_the_card_tells_the_run(market: Findings) -> None:
    text = card(market)
    rows, churners = len(market.stacked), int(market.stacked["label"].sum())
    assert f"{rows:,} rows, of which {churners:,}" in text
    assert "6 snapshots from 2024-02-11 to 2024-04-21" in text
    assert "periods beginning 2024-04-07, 2024-04-21" in text
    assert "1. plan" in text
    assert CANARY not in text


def test_a_card_without_time_or_baselines_is_whole(subscribers: Findings, leavers: Findings) -> None:
    assert "The label carries no time" in card(subscribers)
    assert "Fitted on 4 snapshots from 2024-02-26 to 2024-05-20" in card(leavers)
    for findings in (subscribers, leavers):
        assert "no transactions" in card(findings)
        assert "AUC gained" not in card(findings)
        assert "{value}" not in card(findings)
