"""`policy check` and `policy attributes`: what the rules do before the service does it."""

import sys
from pathlib import Path

import click

from serving.commands import options
from serving.commands.options import override
from serving.process.one_thread import use_one_thread
from serving.settings import Settings

_POLICY = click.option(
    "--policy", type=options.FILE, help="What holds for every offer.  [SERVING_POLICY, serving/policy.toml]"
)


@click.group()
def policy() -> None:
    """Look at what catalogue and policy do before the service does it."""


@policy.command()
@click.option(
    "--catalogue", type=options.FILE, help="Offers, TOML or CSV.  [SERVING_CATALOGUE, serving/catalogue.toml]"
)
@_POLICY
@options.RELEASE
@options.STORE
@click.option("--channel", "channels", multiple=True, help="Channel, once for each.  [all of the policy]")
@click.option("--live", is_flag=True, help="Check the rules of the pulled release, not the files.")
@click.pass_obj
def check(settings: Settings, /, channels: tuple[str, ...], *, live: bool, **given: Path | None) -> None:
    """Decide for every customer: which offers nobody can receive, who gets nothing, and by which rules.

    Before the first release was pulled, only what no model is asked for is checked. Ends with exit code 1 when
    an offer reaches nobody.
    """
    if live and (given["catalogue"] or given["policy"]):
        raise click.UsageError(
            "--live is about the rules of the release: give neither --catalogue nor --policy"
        )
    use_one_thread()
    from serving.policy_check.tables import print_check  # noqa: PLC0415 - loads libraries that read these variables

    if not print_check(override(settings, given), channels, live=live):
        sys.exit(1)


@policy.command()
@_POLICY
@options.STORE
@click.pass_obj
def attributes(settings: Settings, /, **given: Path | None) -> None:
    """List what rules can speak of: each attribute with its kind, its words and its levels."""
    from serving.policy_check.tables import print_attributes  # noqa: PLC0415 - other commands need no tables

    print_attributes(override(settings, given))
