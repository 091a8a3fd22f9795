"""`audit`: whether the ledger still says what was decided."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from serving.commands import options
from serving.commands.options import override
from serving.commands.signals import ended_by_sigterm
from serving.settings import Settings

LISTED = 20
"""Ids of changed decisions that are printed, and of those that are gone."""


@click.command()
@options.LEDGER
@click.option("--since", type=options.DATE, help="Only decisions from this day on, UTC.  [all]")
@click.option(
    "--out", type=options.FILE, help="Also write what was decided as CSV, customers under pseudonyms."
)
@click.pass_obj
def audit(settings: Settings, /, since: datetime | None, out: Path | None, **given: str | None) -> None:
    """Check the seal of every decision; ends with 1 when one was changed or is missing."""
    from serving.offline.audit import audit as checked  # noqa: PLC0415 - other commands need no audit
    from serving.offline.progress import shown  # noqa: PLC0415 - as above

    with ended_by_sigterm(), shown() as advance:
        found = checked(override(settings, given), since and since.replace(tzinfo=UTC), out, advance)
    states = found.states
    click.echo(
        f"{states.total():,} decisions: {states['whole']:,} whole, {states['unsealed']:,} unsealed (from before "
        f"there were seals), {states['changed']:,} changed"
    )
    for decision_id in found.changed[:LISTED]:
        click.echo(f"changed: {decision_id}")
    for decision_id in found.orphans[:LISTED]:
        click.echo(f"answers without their decision: {decision_id}")
    for offer_id, times in found.untold.items():
        more = "more" if times > 0 else "less"
        click.echo(f"offer {offer_id}: counted {abs(times):,} times {more} than decisions tell of")
    if not found.whole:
        sys.exit(1)
