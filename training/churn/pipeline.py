"""The churn road from a workspace to a registered version: stack, judge, fit, explain, register."""

import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from features.dataset import Dataset
from features.definitions import WINDOWS
from features.moments import labelled_moments
from features.stack import AS_OF, stack
from features.stack import Progress as StackProgress
from features.workspace import Workspace
from training.churn.artifact import FinalModel, bands, golden_rows, write_artifact
from training.churn.backtest import MODEL, Progress, run_backtest
from training.churn.baselines import baselines
from training.churn.gate import scores_of
from training.churn.leakage import refuse_leakage, refuse_thin_evidence
from training.churn.model import fit_churn
from training.churn.report import Findings, as_json, card, pictures
from training.churn.split import backtest_splits
from training.config import Config
from training.intervals import logged
from training.registry import Version, log_results, log_scores, recorded_run, register
from training.report_folder import write_report

CHURN = "churn"
_PROBABILITY = "probability"
_DAYS_WITHOUT_WINDOW = 84


def train_churn(
    workspace: Workspace, config: Config, watch_stack: StackProgress = iter, watch_backtest: Progress = iter
) -> Findings:
    """Backtest the model against its baselines, then fit it on everything that is labelled.

    Raises `InputError` for thin evidence, for features that know the answer and for too short a history.
    """
    dataset, names = workspace.dataset, workspace.features.names
    moments = labelled_moments(workspace.tables, dataset)
    stacked = stack(workspace, moments, watch_stack)
    refuse_thin_evidence(stacked)
    refuse_leakage(stacked[stacked[AS_OF] == stacked[AS_OF].max()], names)
    fit = partial(fit_churn, names=names, horizon=horizon_of(dataset), config=config.churn)
    splits = backtest_splits(stacked, horizon_of(dataset), config.churn.origins)
    rivals = baselines(names, frequency_column(dataset), dataset.churn.horizon_days)
    backtest = run_backtest(stacked, splits, fit, rivals, watch_backtest)
    return Findings(workspace, stacked, fit(stacked), backtest)


def save(findings: Findings, folder: Path) -> None:
    """Keep model card, figures and pictures in a folder of their own; an older report there is replaced."""
    write_report(folder, pictures(findings), card(findings), as_json(findings))


def record(findings: Findings, config: Config) -> Version:
    """Save the report in the workspace, log the run with it and register the model as a new version."""
    workspace = findings.workspace
    report = workspace.folder / "reports" / CHURN
    save(findings, report)
    tags = {
        "dataset": workspace.dataset.name,
        "data_fingerprint": workspace.tables.fingerprint,
        "feature_fingerprint": workspace.features.fingerprint,
    }
    with recorded_run(CHURN, config.flat(), tags), tempfile.TemporaryDirectory() as folder:
        log_results(logged(findings.metrics(), MODEL), report)
        log_scores(scores_of(findings.backtest.origins))
        final = _final(findings)
        artifact = write_artifact(Path(folder) / CHURN, final, workspace.dataset, workspace.features)
        example = pd.DataFrame(final.golden, columns=list(workspace.features.names)).dropna()
        answer = pd.DataFrame({_PROBABILITY: final.model.probability(example.to_numpy())})
        return register(CHURN, artifact, example, answer)


def horizon_of(dataset: Dataset) -> timedelta | None:
    """The horizon of the churn definition; None for a label without time."""
    days = dataset.churn.horizon_days
    return None if days is None else timedelta(days=days)


def frequency_column(dataset: Dataset) -> str:
    """The feature that counts baskets in the window nearest to the active one, or in 84 days without one."""
    days = dataset.churn.active_days or _DAYS_WITHOUT_WINDOW
    return f"baskets_{min(WINDOWS, key=lambda window: abs(window - days))}d"


def _final(findings: Findings) -> FinalModel:
    backtest = findings.backtest
    cuts = bands(backtest.origins[-1].probabilities[MODEL])
    return FinalModel(findings.model, _labelled_through(findings), cuts, golden_rows(backtest.newest_rows))


def _labelled_through(findings: Findings) -> datetime | None:
    """The end of the newest label that the model has learnt from."""
    horizon = horizon_of(findings.workspace.dataset)
    return None if horizon is None else findings.stacked[AS_OF].max().to_pydatetime() + horizon
