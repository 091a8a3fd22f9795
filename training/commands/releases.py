"""`release` makes models and rules live together, `rollback` takes them back together."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from training.commands.options import PATH
from training.registry import Version, use_registry
from training.release.parts import MODELS
from training.release.pipeline import RELEASE, Released, Sources, models_of
from training.release.pipeline import release as release_all
from training.release.pipeline import rollback as roll_back
from training.terminal import NOTES, print_checks


def _pinned(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[str, int]:
    """`churn=4` as a name and a number."""
    pairs = {name: number for name, _, number in (text.partition("=") for text in given)}
    for name, number in pairs.items():
        if name not in MODELS or not number.isdecimal():
            raise click.BadParameter(f"{name}={number} is not MODEL=NUMBER with one of {', '.join(MODELS)}")
    return {name: int(number) for name, number in pairs.items()}


@click.command()
@click.option(
    "--store",
    type=PATH,
    default=Path("workspace/online.sqlite"),
    show_default=True,
    help="The published store that the models have to fit.",
)
@click.option(
    "--catalogue",
    type=PATH,
    default=Path("serving/catalogue.toml"),
    show_default=True,
    help="Offers, TOML or CSV.",
)
@click.option(
    "--policy",
    type=PATH,
    default=Path("serving/policy.toml"),
    show_default=True,
    help="What holds for every offer.",
)
@click.option(
    "--model-version",
    "pinned",
    multiple=True,
    metavar="MODEL=NUMBER",
    callback=_pinned,
    help="A version in place of that model's champion, as in churn=4.",
)
@click.option("--without", multiple=True, type=click.Choice(MODELS), help="A model to leave out.")
@click.option("--hold", is_flag=True, help="Register and judge it, but do not make it live.")
def release(pinned: dict[str, int], without: tuple[str, ...], *, hold: bool, **sources: Path) -> None:
    """Bind the champions and the rules into one release; live if it passes, exit code 1 when it does not."""
    use_registry()
    with NOTES.status("loading and scoring every model"):
        made = release_all(Sources(**sources), pinned, without, hold=hold)
    print_checks(made.verdict)
    click.echo(f"{RELEASE} version {made.version.number} ({_parts(made.version)}) {_became(made)}")
    sys.exit(0 if made.verdict.promoted else 1)


@click.command()
@click.option(
    "--version", type=int, help="The release to go to; default: the one that the champion replaced."
)
def rollback(version: int | None) -> None:
    """Move the alias `champion` of the release back; models and rules go back together."""
    use_registry()
    left, live = roll_back(version)
    click.echo(f"{RELEASE} version {live.number} ({_parts(live)}) {_is_champion(left)}")


def _parts(version: Version) -> str:
    return ", ".join(f"{name} {number}" for name, number in models_of(version).items())


def _is_champion(before: Version | None) -> str:
    place = f", in place of version {before.number}" if before else ""
    return f"is the champion{place}; services get it with python -m serving pull"


def _became(made: Released) -> str:
    """What a release is now, and what comes next."""
    number = made.version.number
    if made.live:
        return _is_champion(made.replaced)
    if made.verdict.promoted:
        return f"is held; it goes live with python -m training rollback --version {number}"
    return "stays a challenger"
