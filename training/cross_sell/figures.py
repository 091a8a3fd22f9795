"""The figures of a training run for programs: as JSON, and under flat names for the experiment tracker."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training.cross_sell.backtest import MODEL, Judged
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS
from training.cross_sell.totals import CALIBRATION_ERROR, CANDIDATE_RECALL, PROBABILITY_SUM
from training.intervals import Replicates, logged, told

TOTALS = (CANDIDATE_RECALL, CALIBRATION_ERROR, PROBABILITY_SUM)


def as_json(findings: Findings) -> dict[str, Any]:
    """Every figure for `--metrics-json`, with standard errors and 95 % intervals; what is no number is null."""
    return {
        **_told_data(findings),
        "candidates": {
            "per_customer": findings.candidates_per_customer,
            "recall_by_source": findings.source_recall,
        },
        **{metric: _both(findings.totals, MODEL, metric) for metric in TOTALS},
        "metrics": told(findings.metrics),
        "by_origin": {name: _by_origin(findings, name) for name in findings.backtest.models},
        "ratios": told(findings.ratios),
        "catalogue_coverage": findings.coverage,
        "top_item_share": findings.concentration,
        "purchases": [_purchases(judged) for judged in findings.backtest.judged],
        **_told_model(findings),
    }


def logged_metrics(findings: Findings) -> dict[str, float]:
    """Flat names for the experiment tracker: the model's metrics bare, everybody else's under their name."""
    names = [f"{metric}.{kind}" for metric in TOTALS for kind in KINDS]
    totals = {MODEL: {name: findings.totals.mean(MODEL, name) for name in names}}
    flat = logged(findings.metrics, MODEL) | logged(totals, MODEL)
    flat |= {f"catalogue_coverage.{kind}": values[MODEL] for kind, values in findings.coverage.items()}
    flat |= {f"top_item_share.{kind}": values[MODEL] for kind, values in findings.concentration.items()}
    return {name: value for name, value in flat.items() if math.isfinite(value)}


def _told_data(findings: Findings) -> dict[str, Any]:
    workspace, pairs = findings.workspace, findings.pairs
    declared, newest = pairs.cross_sell, findings.backtest.judged[-1]
    return {
        "dataset": workspace.dataset.name,
        "data_fingerprint": workspace.tables.fingerprint,
        "data_period": [moment.isoformat() for moment in workspace.tables.period or ()],
        "pair_fingerprint": pairs.fingerprint,
        "features": len(pairs.names),
        "item_level": declared.item_level,
        "horizon_days": declared.horizon_days,
        "new_after_days": declared.new_after_days,
        "origins": [judged.as_of.isoformat() for judged in findings.backtest.judged],
        "customers": len(newest.customers),
        "items": len(newest.items),
    }


def _told_model(findings: Findings) -> dict[str, Any]:
    return {
        "tuned_tifu_knn": asdict(findings.backtest.tifu),
        "learnt_from": [
            {"as_of": each.as_of.isoformat(), "rows": len(each.label), "share_of_negatives_kept": each.kept}
            for each in findings.examples
        ],
        "calibration": {"repeat": asdict(findings.model.repeat), "new": asdict(findings.model.new)},
    }


def _both(replicates: Replicates, model: str, metric: str) -> dict[str, Any]:
    """By kind the mean over test periods, and each of them."""
    periods = range(len(replicates.measured[model, f"{metric}.all"]))
    return {
        kind: {
            **replicates.mean(model, f"{metric}.{kind}").as_json(),
            "by_origin": [replicates.at(place, model, f"{metric}.{kind}").as_json() for place in periods],
        }
        for kind in KINDS
    }


def _by_origin(findings: Findings, model: str) -> dict[str, list[dict[str, float | None]]]:
    periods, replicates = range(len(findings.backtest.judged)), findings.backtest.replicates
    return {
        metric: [replicates.at(place, model, metric).as_json() for place in periods]
        for metric in findings.metrics[model]
    }


def _purchases(judged: Judged) -> Mapping[str, Any]:
    bought, found = int(judged.targets["all"].sum()), int(judged.label.sum())
    return {
        "as_of": judged.as_of.isoformat(),
        "purchases": bought + judged.unforeseen,
        "among_candidates": found,
        "outside_candidates": bought - found,
        "unforeseen": judged.unforeseen,
        "sum_of_probabilities": float(judged.probability.sum()),
    }
