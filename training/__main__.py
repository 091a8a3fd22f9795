"""Command line of the training: `python -m training churn | promote`."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import track

from features.errors import InputError
from features.workspace import open_workspace
from training.churn.gate import judge
from training.churn.pipeline import CHURN, record, train_churn
from training.churn.report import as_json, print_findings
from training.config import CONFIG, read_config
from training.registry import champion_of, find_version, record_verdict, scores_behind, use_registry

_NOTES = Console(stderr=True)
_PATH = click.Path(path_type=Path)
_Step = TypeVar("_Step")
_config = click.option(
    "--config", type=_PATH, default=CONFIG, help="Experiment values.  [training/config.toml]"
)


@click.group()
def commands() -> None:
    """Snapshots and labels become registered, judged models."""


@commands.command()
@click.option("--dataset", type=_PATH, required=True, help="The dataset.toml to learn from.")
@click.option(
    "--workspace", type=_PATH, default=Path("workspace"), show_default=True, help="Where built files go."
)
@_config
@click.option("--metrics-json", type=_PATH, help="Also write every figure to this file.")
def churn(dataset: Path, workspace: Path, config: Path, metrics_json: Path | None) -> None:
    """Judge the churn model by a rolling-origin backtest, fit it on all labelled data and register it."""
    values = read_config(config)
    with _NOTES.status(f"checking and loading {dataset}"):
        opened = open_workspace(dataset, workspace)
        use_registry()
    findings = train_churn(opened, values, _watch("building snapshots"), _watch("backtesting"))
    print_findings(Console(), findings)
    with _NOTES.status("writing plots, model card and the registered version"):
        version = record(findings, values)
    if metrics_json:
        metrics_json.parent.mkdir(parents=True, exist_ok=True)
        metrics_json.write_text(json.dumps(as_json(findings), indent=1), encoding="utf-8")
    click.echo(f"{CHURN} version {version.number} is registered; the gate: python -m training promote")


@commands.command()
@click.option(
    "--model", type=click.Choice([CHURN]), default=CHURN, show_default=True, help="The registered model."
)
@click.option("--version", type=int, help="The challenger; default: the newest version.")
@_config
def promote(model: str, version: int | None, config: Path) -> None:
    """Move the alias `champion` to a challenger that passes the gate; exit code 1 when it does not."""
    rules = read_config(config).promotion
    use_registry()
    challenger, champion = find_version(model, version), champion_of(model)
    rival = None if champion is None or champion == challenger else scores_behind(champion)
    verdict = judge(scores_behind(challenger), rival, rules)
    record_verdict(challenger, verdict)
    for check in verdict.checks:
        click.echo(f"{'holds ' if check.holds else 'FAILS '} {check.rule}: {check.found}")
    outcome = "is the champion" if verdict.promoted else "stays a challenger"
    click.echo(f"{model} version {challenger.number} {outcome}")
    sys.exit(0 if verdict.promoted else 1)


def _watch(description: str) -> Callable[[Sequence[_Step]], Iterable[_Step]]:
    return lambda steps: track(steps, description=description, console=_NOTES)


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 2."""
    try:
        commands(prog_name="python -m training")
    except InputError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
