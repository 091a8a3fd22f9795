"""Command line of the training: models are trained, judged, promoted, released and rolled back."""

import sys

import click

from features.errors import InputError
from training.commands import judging, models, releases


@click.group()
def commands() -> None:
    """Snapshots and labels become registered, judged models; models and rules become releases."""


for command in (
    models.churn,
    models.cross_sell,
    models.bundles,
    models.promote,
    releases.release,
    releases.rollback,
    judging.judge,
):
    commands.add_command(command)


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 2."""
    try:
        commands(prog_name="python -m training")
    except InputError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
