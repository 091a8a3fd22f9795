"""Command line of the service: `pull` models, `run` it, look at the `policy`, decide about many, `report`."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from features.errors import InputError
from serving import logs
from serving.next_best_offer.asking import Asking
from serving.release import NAMES
from serving.settings import Settings, read_settings

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_FILE = click.Path(path_type=Path)
_DATE = click.DateTime(["%Y-%m-%d"])
_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])
_catalogue = click.option(
    "--catalogue", type=_FILE, help="Offers, TOML or CSV.  [SERVING_CATALOGUE, serving/catalogue.toml]"
)
_policy = click.option(
    "--policy", type=_FILE, help="What holds for every offer.  [SERVING_POLICY, serving/policy.toml]"
)
_release = click.option("--release", type=_FILE, help="Pulled release.  [SERVING_RELEASE, workspace/release]")
_ledger = click.option(
    "--ledger", help="URL of the ledger.  [SERVING_LEDGER, sqlite:///workspace/ledger.sqlite]"
)
_out = click.option("--out", type=_FILE, required=True, help="Parquet file to write (docs/decision-log.md).")
_channel = click.option("--channel", required=True, help="Channel of the policy.")
_placement = click.option("--placement", help="Where in the channel.  [the channel itself]")
_store = click.option("--store", type=_FILE, help="Online store.  [SERVING_STORE, workspace/online.sqlite]")


@click.group()
@click.pass_context
def commands(context: click.Context) -> None:
    """Answers about customers: over HTTP, or for all at once as files. Defaults come from SERVING_ variables."""
    context.obj = read_settings()


@commands.command()
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Choice(NAMES),
    help="Registered model, once for each.  [SERVING_MODELS, all that have a champion]",
)
@click.option("--alias", help="Alias of the versions to fetch.  [SERVING_ALIAS, champion]")
@click.option("--tracking-uri", help="MLflow registry.  [MLFLOW_TRACKING_URI, sqlite:///mlflow.db]")
@click.option(
    "--release",
    type=click.Path(path_type=Path),
    help="Folder to pull into.  [SERVING_RELEASE, workspace/release]",
)
@click.pass_obj
def pull(settings: Settings, /, **given: str | Path | tuple[str, ...] | None) -> None:
    """Fetch the champions, verify them and make them the live release together."""
    from serving.pull import pull as pull_release  # noqa: PLC0415 - the running service must not load it

    chosen = _override(settings, given)
    release = pull_release(chosen.models, chosen.alias, chosen.tracking_uri, chosen.release)
    versions = " and ".join(f"{model.name} {model.version}" for model in release.models)
    verb = "is" if len(release.models) == 1 else "are"
    click.echo(f"{versions} ({release.alias}) {verb} live in {chosen.release}")


@commands.command()
@click.option("--host", help="Address to listen on.  [SERVING_HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [SERVING_PORT, 8000]")
@_release
@_store
@_catalogue
@_policy
@_ledger
@click.pass_obj
def run(settings: Settings, /, **given: str | int | Path | None) -> None:
    """Serve over HTTP; newer releases, stores, catalogues and policies are picked up while running."""
    _use_one_thread()
    from serving.server import serve  # noqa: PLC0415 - the libraries below read these variables when imported

    logs.write_to(sys.stderr)
    serve(_override(settings, given))


@commands.group()
def policy() -> None:
    """Look at what catalogue and policy do before the service does it."""


@policy.command()
@_catalogue
@_policy
@_release
@_store
@click.option("--channel", "channels", multiple=True, help="Channel, once for each.  [all of the policy]")
@click.pass_obj
def check(settings: Settings, /, channels: tuple[str, ...], **given: Path | None) -> None:
    """Decide for every customer: which offers nobody can receive, who gets nothing, and by which rules.

    Ends with exit code 1 when an offer reaches nobody.
    """
    _use_one_thread()
    from serving.policy_tables import print_check  # noqa: PLC0415 - loads libraries that read these variables

    if not print_check(_override(settings, given), channels):
        sys.exit(1)


@policy.command()
@_policy
@_store
@click.pass_obj
def attributes(settings: Settings, /, **given: Path | None) -> None:
    """List what rules can speak of: each attribute with its kind, its words and its levels."""
    from serving.policy_tables import print_attributes  # noqa: PLC0415 - other commands need no tables

    print_attributes(_override(settings, given))


@commands.command()
@_channel
@_placement
@click.option("--customers", type=_FILE, help="File with one id in each line.  [all of the store]")
@click.option("--at", type=_MOMENT, help="The clock of the decisions, UTC.  [now]")
@_out
@_catalogue
@_policy
@_release
@_store
@_ledger
@click.pass_obj
def batch(settings: Settings, /, **given: Any) -> None:  # noqa: ANN401 - options of several types
    """Decide about many customers, record it in the ledger and write the decisions as a file."""
    _use_one_thread()
    from serving.batch import batch as decided  # noqa: PLC0415 - loads libraries that read these variables
    from serving.batch import require_moment, write  # noqa: PLC0415 - as above
    from serving.progress import shown  # noqa: PLC0415 - as above

    asking, customers, at, out = _asking(given), given.pop("customers"), given.pop("at"), given.pop("out")
    now = datetime.now(UTC)
    moment = now if at is None else at.replace(tzinfo=UTC)
    require_moment(moment, now)
    decisions = decided(_override(settings, given), asking, customers, moment)
    with _ended_by_sigterm(), decisions as made, shown() as advance:
        count = write(made, out, advance)
    click.echo(f"{count:,} decisions are in {out}")


@commands.command()
@click.option("--as-of", type=_DATE, required=True, help="Moment of the store's snapshot (UTC midnight).")
@_channel
@_placement
@_out
@_catalogue
@_policy
@_release
@_store
@click.option(
    "--ledger",
    "past",
    help="URL of a ledger whose contacts, rejections and consents before that moment count.  [none]",
)
@click.pass_obj
def replay(settings: Settings, /, **given: Any) -> None:  # noqa: ANN401 - options of several types
    """Decide on a past snapshot as today's rules would, record nothing and write the decisions as a file."""
    _use_one_thread()
    from serving.batch import write  # noqa: PLC0415 - loads libraries that read these variables
    from serving.progress import shown  # noqa: PLC0415 - as above
    from serving.replay import replay as decided  # noqa: PLC0415 - as above

    asking, past, out = _asking(given), given.pop("past"), given.pop("out")
    as_of = given.pop("as_of").replace(tzinfo=UTC)
    decisions = decided(_override(settings, given), asking, as_of, past)
    with _ended_by_sigterm(), decisions as made, shown() as advance:
        count = write(made, out, advance)
    click.echo(f"{count:,} decisions as of {as_of:%Y-%m-%d} are in {out}")


@commands.command()
@click.option("--until", type=_DATE, help="Only decisions before this day, UTC.  [all]")
@_out
@_ledger
@click.pass_obj
def export(settings: Settings, /, until: datetime | None, out: Path, **given: str | None) -> None:
    """Write the decisions of the ledger with what they brought so far as a file."""
    from serving.export import export as write_all  # noqa: PLC0415 - other commands need no Parquet
    from serving.progress import shown  # noqa: PLC0415 - as above

    with _ended_by_sigterm(), shown() as advance:
        count = write_all(_override(settings, given), out, advance, until and until.replace(tzinfo=UTC))
    click.echo(f"{count:,} decisions are in {out}")


@commands.command()
@_ledger
@click.option("--since", type=_DATE, help="First day of the decisions that count, UTC.  [all]")
@click.option("--picture", type=_FILE, help="Also draw it, as .png or .svg.")
@click.option("--metrics-json", "figures", type=_FILE, help="Also write every figure to this file.")
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
    print_all(_override(settings, given), moment, picture, figures)


def _asking(given: dict[str, Any]) -> Asking:
    """What is asked, taken out of the options."""
    channel, placement = given.pop("channel"), given.pop("placement")
    return Asking(channel, placement or channel)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let the signal end the command as an exception does, so that no half-written file stays."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _use_one_thread() -> None:
    """As in the service: one row is scored quicker by one thread, and several processes share the machine."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")


def _override(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings with the options that were given; one that may be repeated comes as a tuple."""
    return settings.model_copy(
        update={name: value for name, value in given.items() if value not in (None, ())}
    )


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 2."""
    try:
        commands(prog_name="python -m serving")
    except InputError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
