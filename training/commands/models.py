"""`churn`, `cross-sell` and `bundles` train and register, `promote` is the gate."""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
import pandas as pd
from rich.console import Console
from rich.progress import track

from features.dataset import ITEM_LEVELS
from features.workspace import Workspace, open_workspace
from training.bundles import report as bundles_report
from training.bundles.figures import as_json as bundle_figures
from training.bundles.gate import judge as judge_bundles
from training.bundles.pipeline import BUNDLES, declared_bundles, train_bundles
from training.bundles.pipeline import record as record_bundles
from training.churn.gate import judge as judge_churn
from training.churn.pipeline import CHURN, record, train_churn
from training.churn.report import as_json, print_findings
from training.commands import options
from training.config import Config, read_config
from training.cross_sell import report as cross_sell_report
from training.cross_sell.figures import as_json as cross_sell_figures
from training.cross_sell.gate import judge as judge_cross_sell
from training.cross_sell.pipeline import CROSS_SELL, declared_cross_sell, train_cross_sell
from training.cross_sell.pipeline import record as record_cross_sell
from training.effort import Effort
from training.registry import Version, champion_of, find_version, record_verdict, scores_behind, use_registry
from training.report_folder import write_figures
from training.terminal import NOTES, print_checks
from training.verdict import Verdict

_Step = TypeVar("_Step")


@click.command()
@options.DATASET
@options.WORKSPACE
@options.CONFIG_FILE
@options.METRICS_JSON
def churn(dataset: Path, workspace: Path, config: Path, metrics_json: Path | None) -> None:
    """Judge the churn model by a rolling-origin backtest, fit it on all labelled data and register it."""
    values = read_config(config)
    opened = _open(dataset, workspace)
    findings = train_churn(opened, values, _watch("building snapshots"), _watch("backtesting"))
    print_findings(Console(), findings)
    _register(CHURN, lambda: record(findings, values))
    if metrics_json:
        write_figures(metrics_json, as_json(findings))


@click.command("cross-sell")
@options.DATASET
@click.option(
    "--item-level",
    type=click.Choice(ITEM_LEVELS),
    help="What an item is, in place of what [cross_sell] declares; a store must be published at the same level.",
)
@options.WORKSPACE
@options.CONFIG_FILE
@options.METRICS_JSON
def cross_sell(
    dataset: Path, item_level: str | None, workspace: Path, config: Path, metrics_json: Path | None
) -> None:
    """Judge the cross-sell model by a rolling-origin backtest, fit it on all labelled data and register it."""
    effort, values = Effort(), read_config(config)
    opened = _open(dataset, workspace)
    declared = declared_cross_sell(opened.dataset, item_level)
    effort.ended("loading")
    findings = train_cross_sell(opened, declared, values.cross_sell, _watch("walking through time"))
    effort.ended("training")
    cross_sell_report.print_findings(Console(), findings)
    _register(CROSS_SELL, lambda: record_cross_sell(findings, values))
    effort.ended("reporting")
    if metrics_json:
        write_figures(metrics_json, {**cross_sell_figures(findings), "effort": effort.told()})


@click.command()
@options.DATASET
@click.option(
    "--item-level",
    type=click.Choice(ITEM_LEVELS),
    help="What an item is, in place of what [bundles] declares.",
)
@options.WORKSPACE
@options.CONFIG_FILE
@options.METRICS_JSON
def bundles(
    dataset: Path, item_level: str | None, workspace: Path, config: Path, metrics_json: Path | None
) -> None:
    """Mine what belongs together, judge the suggestions on later baskets and register them."""
    effort, values = Effort(), read_config(config)
    opened = _open(dataset, workspace)
    declared = declared_bundles(opened.dataset, item_level)
    effort.ended("loading")
    findings = train_bundles(opened, declared, values.bundles, _watch("mining"))
    effort.ended("training")
    bundles_report.print_findings(Console(), findings)
    _register(BUNDLES, lambda: record_bundles(findings, values))
    effort.ended("reporting")
    if metrics_json:
        write_figures(metrics_json, {**bundle_figures(findings), "effort": effort.told()})


@click.command()
@click.option(
    "--model",
    type=click.Choice([CHURN, CROSS_SELL, BUNDLES]),
    default=CHURN,
    show_default=True,
    help="The registered model.",
)
@click.option("--version", type=int, help="The challenger; default: the newest version.")
@options.CONFIG_FILE
def promote(model: str, version: int | None, config: Path) -> None:
    """Move the alias `champion` to a challenger that passes the gate; exit code 1 when it does not."""
    judged = _gate(model, read_config(config))
    use_registry()
    challenger, champion = find_version(model, version), champion_of(model)
    rival = None if champion is None or champion == challenger else scores_behind(champion)
    verdict = judged(scores_behind(challenger), rival)
    record_verdict(challenger, verdict)
    print_checks(verdict)
    outcome = "is the champion" if verdict.promoted else "stays a challenger"
    click.echo(f"{model} version {challenger.number} {outcome}")
    sys.exit(0 if verdict.promoted else 1)


def _register(model: str, record_version: Callable[[], Version]) -> None:
    """Leave the report and the version, and say what comes next."""
    with NOTES.status("writing plots, model card and the registered version"):
        version = record_version()
    click.echo(
        f"{model} version {version.number} is registered; the gate: python -m training promote --model {model}"
    )


def _gate(model: str, config: Config) -> Callable[[pd.DataFrame, pd.DataFrame | None], Verdict]:
    """Judges a challenger's scores, against the champion's if there is one, by the rules of its kind of model."""
    if model == BUNDLES:
        return partial(judge_bundles, rules=config.bundles.promotion)
    if model == CROSS_SELL:
        return partial(judge_cross_sell, rules=config.cross_sell.promotion)
    return partial(judge_churn, rules=config.churn.promotion)


def _open(dataset: Path, workspace: Path) -> Workspace:
    with NOTES.status(f"checking and loading {dataset}"):
        opened = open_workspace(dataset, workspace)
        use_registry()
    return opened


def _watch(description: str) -> Callable[[Sequence[_Step]], Iterable[_Step]]:
    return lambda steps: track(steps, description=description, console=NOTES)
