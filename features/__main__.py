"""Command line of the features: `python -m features check | build | publish | describe`."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from features.check import cut_offs, offering, rhythm, undeclared_levels
from features.errors import one_sentence
from features.feature_set import FeatureSet
from features.item_level import require_item_level
from features.moments import cross_sell_moments, data_period, labelled_moments
from features.pairs import PairSet, pair_set
from features.publish import publish
from features.report import (
    print_cross_sell_moments,
    print_cut_offs,
    print_offering,
    print_rhythm,
    print_tables,
    print_undeclared,
)
from features.stack import stack
from features.workspace import Workspace, open_workspace

_NOTES = Console(stderr=True)
_DATE = click.DateTime(formats=["%Y-%m-%d"])
_dataset = click.option(
    "--dataset", type=click.Path(path_type=Path), required=True, help="The dataset.toml to work on."
)
_workspace = click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    default=Path("workspace"),
    show_default=True,
    help="Folder that built files go into, one folder per dataset.",
)


@click.group()
def commands() -> None:
    """What was known about each customer at a moment, from a company's own tables."""


@commands.command()
@_dataset
@_workspace
def check(dataset: Path, workspace: Path) -> None:
    """Check the data against the contract and show what it can support."""
    opened = _open(dataset, workspace)
    console = Console()
    declared = opened.dataset.churn
    print_tables(console, opened.tables)
    print_cut_offs(console, cut_offs(opened.tables, opened.dataset))
    print_rhythm(console, rhythm(opened.tables, opened.dataset), declared.horizon_days)
    print_offering(console, offering(opened.tables, opened.dataset))
    if opened.dataset.cross_sell is not None:
        moments = cross_sell_moments(opened.tables, opened.dataset)
        print_cross_sell_moments(console, moments, opened.dataset.cross_sell.horizon_days)
    if opened.dataset.bundles is not None:
        require_item_level(opened.tables, opened.dataset.bundles.item_level)
    print_undeclared(console, undeclared_levels(opened.tables, opened.dataset))
    console.print(f"{len(opened.features.names)} features; `python -m features describe` lists them.")


@commands.command()
@_dataset
@_workspace
def build(dataset: Path, workspace: Path) -> None:
    """Build the labelled snapshots of every moment whose label is known."""
    opened = _open(dataset, workspace)
    moments = labelled_moments(opened.tables, opened.dataset)
    rows = stack(opened, moments, _progress)
    click.echo(f"{len(moments)} snapshots, {len(rows):,} rows, {len(opened.features.names)} features")


@commands.command("publish")
@_dataset
@_workspace
@click.option("--as-of", type=_DATE, help="Moment of knowledge (UTC midnight); default: where the data ends.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path("workspace/online.sqlite"),
    show_default=True,
    help="The online store to write.",
)
def publish_command(dataset: Path, workspace: Path, as_of: datetime | None, store: Path) -> None:
    """Publish the snapshot of every customer to the online store."""
    opened = _open(dataset, workspace)
    moment = as_of.replace(tzinfo=UTC) if as_of else data_period(opened.tables, opened.dataset)[1]
    with _NOTES.status(f"publishing to {store}"):
        published = publish(opened, moment, store)
    info = published.info
    click.echo(f"{info.customers:,} customers as of {info.as_of:%Y-%m-%d} published to {store}")
    if info.candidates is not None:
        click.echo(f"{published.candidates:,} candidates for {info.candidates.customers:,} customers")
    if info.bundles is not None:
        click.echo(f"habits of {info.bundles.customers:,} customers")


@commands.command()
@_dataset
@_workspace
def describe(dataset: Path, workspace: Path) -> None:
    """Print every feature of customers, and of what to offer them, as JSON: name, unit, words and source."""
    opened = _open(dataset, workspace)
    described: dict[str, object] = _told(opened.features)
    if opened.dataset.cross_sell is not None:
        described["cross_sell"] = _told(pair_set(opened.tables, opened.dataset.cross_sell))
    click.echo(json.dumps(described, indent=2))


def _open(dataset: Path, workspace: Path) -> Workspace:
    with _NOTES.status(f"checking and loading {dataset}"):
        return open_workspace(dataset, workspace)


def _told(features: FeatureSet | PairSet) -> dict[str, object]:
    return {"fingerprint": features.fingerprint, "features": features.describe()}


def _progress(moments: Sequence[datetime]) -> Iterable[datetime]:
    return track(moments, description="building snapshots", console=_NOTES)


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 2."""
    with one_sentence():
        commands(prog_name="python -m features")


if __name__ == "__main__":
    main()
