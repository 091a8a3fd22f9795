"""What a training run says: tables for the terminal, figures for a program, pictures and a card for people."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import starmap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from features.labels import LABEL
from features.stack import AS_OF
from features.workspace import Workspace
from training.arrays import Floats
from training.churn import plots
from training.churn.artifact import definition_in_words, population_in_words
from training.churn.backtest import MODEL, Backtest
from training.churn.card import CardFacts, model_card
from training.churn.metrics import METRICS, RANK_METRICS
from training.churn.model import ChurnModel
from training.intervals import Interval, told
from training.terminal import table
from training.wording import plain, span, spoken, with_error

_SHOWN = {
    "auc": "AUC",
    "average_precision": "avg. precision",
    "calibration_error": "calibration error",
    "top_decile_lift": "top-decile lift",
}
"""Metrics on the terminal, as many as fit; the model card has them all."""
_TOP_FEATURES = 10


@dataclass(frozen=True)
class Findings:
    """Everything that one training run found out, ready to be shown in any form."""

    workspace: Workspace
    stacked: pd.DataFrame
    model: ChurnModel
    backtest: Backtest

    @property
    def scored(self) -> list[str]:
        """Everybody who was judged, the model first."""
        origin = self.backtest.origins[0]
        return [*origin.probabilities, *origin.ranks]

    def metrics(self) -> dict[str, dict[str, Interval]]:
        """By model or baseline, then by metric: the mean over test periods."""
        replicates = self.backtest.replicates
        return {
            name: {
                metric: replicates.mean(name, metric)
                for metric in (METRICS if name in self.backtest.origins[0].probabilities else RANK_METRICS)
            }
            for name in self.scored
        }

    def auc_gained(self) -> dict[str, Interval]:
        """By baseline or part of the model: the model's AUC minus that one's, paired."""
        others = [name for name in self.scored if name != MODEL]
        return {name: self.backtest.replicates.difference(MODEL, name, "auc") for name in others}


def print_findings(console: Console, findings: Findings) -> None:
    """Two tables: means over the test periods with standard errors, and the AUC gained over everybody else."""
    title = f"means over {len(findings.backtest.origins)} test periods ± bootstrap standard error"
    console.print(table(title, ["", *_SHOWN.values()], starmap(_measured, findings.metrics().items())))
    gained = findings.auc_gained().items()
    console.print(table("AUC gained", ["over", "mean", "95 % interval"], starmap(_span, gained)))


def as_json(findings: Findings) -> dict[str, Any]:
    """The figures for `--metrics-json`: model, baselines, standard errors, period, dataset."""
    workspace, backtest = findings.workspace, findings.backtest
    replicates = backtest.replicates
    return {
        "dataset": workspace.dataset.name,
        "data_fingerprint": workspace.tables.fingerprint,
        "feature_fingerprint": workspace.features.fingerprint,
        "features": len(workspace.features.names),
        "churn": workspace.dataset.churn.model_dump(exclude_none=True),
        "data_period": [moment.isoformat() for moment in workspace.tables.period or ()],
        "origins": [moment.isoformat() for moment in backtest.starts],
        "metrics": told(findings.metrics()),
        "by_origin": {
            name: [replicates.at(number, name, "auc").as_json() for number in range(len(backtest.origins))]
            for name in findings.scored
        },
        "auc_gained": {name: interval.as_json() for name, interval in findings.auc_gained().items()},
        "share_of_trees": findings.model.share_of_trees,
        "calibration": asdict(findings.model.calibration),
    }


def pictures(findings: Findings) -> dict[str, Figure]:
    """Every picture of the run, by name."""
    origins = findings.backtest.origins
    label = np.concatenate([origin.label for origin in origins])
    probability = np.concatenate([origin.probabilities[MODEL] for origin in origins])
    newest = origins[-1]
    scores = {MODEL: newest.probabilities[MODEL], **_rivals(findings)}
    rows, contributions = findings.backtest.newest_rows, _contributions(findings)
    words = [plain(feature.words) for feature in findings.workspace.features.features]
    figures = {
        "calibration": plots.calibration(label, probability),
        "gains": plots.gains(newest.label, scores),
        "lift": plots.lift(label, probability),
        "precision_recall": plots.precision_recall(newest.label, scores),
        "importance": plots.importance(contributions, words),
        "contributions": plots.contribution_summary(contributions, rows, words),
    }
    if findings.backtest.starts:
        models = [MODEL, *findings.backtest.rivals]
        figures["backtest"] = plots.backtest(findings.backtest.replicates, findings.backtest.starts, models)
    return figures


def card(findings: Findings) -> str:
    """The model card."""
    workspace, stacked, backtest = findings.workspace, findings.stacked, findings.backtest
    timed = workspace.dataset.churn.horizon_days is not None
    facts = CardFacts(
        name="churn",
        definition=definition_in_words(workspace.dataset),
        population=population_in_words(workspace.dataset),
        dataset=workspace.dataset.name,
        data_period=workspace.tables.period,
        data_fingerprint=workspace.tables.fingerprint,
        feature_fingerprint=workspace.features.fingerprint,
        features=len(workspace.features.names),
        training=[moment.to_pydatetime() for moment in stacked[AS_OF].unique()] if timed else [],
        tests=backtest.starts,
        rows=len(stacked),
        churners=int(stacked[LABEL].sum()),
        metrics=findings.metrics(),
        differences={name: findings.auc_gained()[name] for name in backtest.rivals},
        calibration=findings.model.calibration,
        top_features=_strongest(findings),
    )
    return model_card(facts)


def _rivals(findings: Findings) -> dict[str, Floats]:
    newest = findings.backtest.origins[-1]
    everybody = {**newest.probabilities, **newest.ranks}
    return {name: everybody[name] for name in findings.backtest.rivals}


def _contributions(findings: Findings) -> Floats:
    return findings.backtest.newest.contributions(findings.backtest.newest_rows)


def _strongest(findings: Findings) -> list[str]:
    strength = np.abs(_contributions(findings)).mean(axis=0)
    features = findings.workspace.features.features
    return [plain(features[place].words) for place in np.argsort(-strength)[:_TOP_FEATURES]]


def _measured(name: str, values: Mapping[str, Interval]) -> list[str]:
    shown = [values.get(metric) for metric in _SHOWN]
    return [
        spoken(name),
        *("" if interval is None else with_error(interval) for interval in shown),
    ]


def _span(name: str, gained: Interval) -> list[str]:
    return [spoken(name), f"{gained.estimate:+.4f}", span(gained, "+.4f")]
