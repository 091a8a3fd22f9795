"""`batch`, `replay`, `export` and `report`: decisions about many customers, and what became of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from serving.commands import options
from serving.commands.options import override
from serving.commands.signals import ended_by_sigterm
from serving.next_best_offer.asking import Asking
from serving.process.one_thread import use_one_thread
from serving.settings import Settings


@click.command()
@options.CHANNEL
@options.PLACEMENT
@click.option("--customers", type=options.FILE, help="File with one id in each line.  [all of the store]")
@click.option("--at", type=options.MOMENT, help="The clock of the decisions, UTC.  [now]")
@options.OUT
@options.CATALOGUE
@options.POLICY
@options.RELEASE
@options.STORE
@options.LEDGER
@click.pass_obj
def batch(settings: Settings, /, **given: Any) -> None:  # noqa: ANN401 - options of several types
    """Decide about many customers, record it in the ledger and write the decisions as a file."""
    use_one_thread()
    from serving.ledger import sqlite_file  # noqa: PLC0415 - loads libraries that read these variables
    from serving.offline.batch import batch as decided  # noqa: PLC0415 - as above
    from serving.offline.batch import require_moment, write  # noqa: PLC0415 - as above
    from serving.offline.progress import shown  # noqa: PLC0415 - as above

    asking, customers, at, out = _asking(given), given.pop("customers"), given.pop("at"), given.pop("out")
    now = datetime.now(UTC)
    moment = now if at is None else at.replace(tzinfo=UTC)
    require_moment(moment, now)
    chosen = override(settings, given)
    file = sqlite_file(chosen.ledger)
    if file is not None and not file.exists():
        click.echo(f"there is no ledger at {file}: one begins, by which nobody was contacted yet", err=True)
    decisions = decided(chosen, asking, customers, moment)
    with ended_by_sigterm(), decisions as made, shown() as advance:
        count = write(made, out, advance)
    click.echo(f"{count:,} decisions are in {out}")
    _tell(made.left_out)


@click.command()
@click.option(
    "--as-of", type=options.DATE, required=True, help="Moment of the store's snapshot (UTC midnight)."
)
@options.CHANNEL
@options.PLACEMENT
@options.OUT
@options.CATALOGUE
@options.POLICY
@options.RELEASE
@options.STORE
@click.option(
    "--ledger",
    "past",
    help="URL of a ledger whose contacts, rejections and consents before that moment count.  [none]",
)
@click.pass_obj
def replay(settings: Settings, /, **given: Any) -> None:  # noqa: ANN401 - options of several types
    """Decide on a past snapshot as today's rules would, record nothing and write the decisions as a file."""
    use_one_thread()
    from serving.offline.batch import write  # noqa: PLC0415 - loads libraries that read these variables
    from serving.offline.progress import shown  # noqa: PLC0415 - as above
    from serving.offline.replay import replay as decided  # noqa: PLC0415 - as above

    asking, past, out = _asking(given), given.pop("past"), given.pop("out")
    as_of = given.pop("as_of").replace(tzinfo=UTC)
    decisions = decided(override(settings, given), asking, as_of, past)
    with ended_by_sigterm(), decisions as made, shown() as advance:
        count = write(made, out, advance)
    click.echo(f"{count:,} decisions as of {as_of:%Y-%m-%d} are in {out}")
    _tell(made.left_out)


@click.command()
@click.option("--until", type=options.DATE, help="Only decisions before this day, UTC.  [all]")
@options.OUT
@options.LEDGER
@click.pass_obj
def export(settings: Settings, /, until: datetime | None, out: Path, **given: str | None) -> None:
    """Write the decisions of the ledger with what they brought so far as a file."""
    from serving.offline.export import export as write_all  # noqa: PLC0415 - other commands need no Parquet
    from serving.offline.progress import shown  # noqa: PLC0415 - as above

    with ended_by_sigterm(), shown() as advance:
        count, unreadable = write_all(
            override(settings, given), out, advance, until and until.replace(tzinfo=UTC)
        )
    click.echo(f"{count:,} decisions are in {out}")
    if unreadable:
        click.echo(
            f"{unreadable:,} cannot be read and are left out: python -m serving audit names what was changed"
        )


@click.command()
@options.LEDGER
@click.option("--since", type=options.DATE, help="First day of the decisions that count, UTC.  [all]")
@click.option("--picture", type=options.FILE, help="Also draw it, as .png or .svg.")
@click.option("--metrics-json", "figures", type=options.FILE, help="Also write every figure to this file.")
@click.pass_obj
def report(
    settings: Settings,
    /,
    since: datetime | None,
    picture: Path | None,
    figures: Path | None,
    **given: str | None,
) -> None:
    """Print what each offer came to in each channel, and its lift against the control group."""
    from serving.report.report import report as print_all  # noqa: PLC0415 - other commands need no report

    moment = since and since.replace(tzinfo=UTC)
    print_all(override(settings, given), moment, picture, figures)


def _tell(left_out: Sequence[Exception]) -> None:
    if left_out:
        click.echo(
            f"left out for data that cannot be read: {len(left_out):,}; the first: {left_out[0]}", err=True
        )


def _asking(given: dict[str, Any]) -> Asking:
    """What is asked, taken out of the options."""
    channel, placement = given.pop("channel"), given.pop("placement")
    return Asking(channel, placement or channel)
