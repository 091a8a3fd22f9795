"""The figures of a run for programs: as JSON, and under flat names for the experiment tracker."""

import math
from dataclasses import asdict
from typing import Any

from training.bundles.backtest import MODEL
from training.bundles.findings import Findings
from training.intervals import logged, told

SHOWN = 20
"""Bundles, explained pairs and substitutes that are told."""


EXPLAINED = ("antecedent", "consequent", "count", "lift", "season_lift", "adjusted_lift", "explained_by")
"""What is told of an explained pair."""


def as_json(findings: Findings) -> dict[str, Any]:
    """Every figure for `--metrics-json`, with standard errors and 95 % intervals; what is no number is null."""
    baskets = findings.mined.baskets
    return {
        "dataset": findings.workspace.dataset.name,
        "item_level": findings.declared.item_level,
        "baskets": baskets.table.shape[0],
        "items": len(baskets.items),
        "left_out": asdict(baskets.left_out),
        "tested_from": findings.tested_from.isoformat(),
        "tested_baskets": len(findings.judged.hidden.item),
        "learned_through": findings.learned_through.isoformat(),
        **_rule_counts(findings),
        "metrics": told(findings.metrics),
        "ratios": told(findings.ratios),
        "probability_of_lists": findings.probability.as_json(),
        "coverage": findings.judged.coverage,
        "packages": [_finite(asdict(package)) for package in findings.packages[:SHOWN]],
        "explained": _records(findings.explained[[*EXPLAINED]]),
        "substitutes": _records(findings.mined.substitutes),
    }


def logged_metrics(findings: Findings) -> dict[str, float]:
    """Flat names for the experiment tracker: the model's metrics bare, everybody else's under their name."""
    counts = {name: float(count) for name, count in _rule_counts(findings).items()}
    return logged(findings.metrics, MODEL) | counts


def _rule_counts(findings: Findings) -> dict[str, int]:
    return {
        "rules": len(findings.mined.rules),
        "evidence_rules": len(findings.mined.evidence),
        "complements": len(findings.complements),
        "explained_pairs": len(findings.explained),
        "substitute_pairs": len(findings.mined.substitutes),
    }


def _records(table: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a data frame of any columns
    return [_finite(row) for row in table.head(SHOWN).to_dict("records")]


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
