"""`pull` a release and `run` the service."""

import sys
from functools import partial
from pathlib import Path

import click

from serving.commands import options
from serving.commands.options import override
from serving.commands.signals import ended_at_once
from serving.process.one_thread import use_one_thread
from serving.settings import Settings
from serving.telemetry import logs


@click.command()
@click.option("--alias", help="Alias of the release to fetch.  [SERVING_ALIAS, champion]")
@click.option(
    "--tracking-uri",
    help="MLflow registry.  [SERVING_TRACKING_URI, MLFLOW_TRACKING_URI, sqlite:///mlflow.db]",
)
@click.option(
    "--release",
    type=options.FILE,
    help="Folder to pull into.  [SERVING_RELEASE, workspace/release]",
)
@click.option(
    "--every", type=options.Interval(), help="Pull again and again, such as every 30s or 5m.  [once]"
)
@options.STORE
@click.pass_obj
def pull(settings: Settings, /, every: float | None, **given: str | Path | None) -> None:
    """Fetch the release that is the champion, verify it and make it the live one.

    Where there is a store, a release that does not fit it is refused.

    With --every it goes on after whatever goes wrong, and writes one JSON line for each new kind of trouble.
    """
    use_one_thread()
    from serving.pull.fit import misfit  # noqa: PLC0415 - the running service must not load it
    from serving.pull.forever import Pulling  # noqa: PLC0415 - as above
    from serving.pull.once import pull as pull_once  # noqa: PLC0415 - as above
    from serving.pull.registry import Registry  # noqa: PLC0415 - as above

    chosen = override(settings, given)
    registry, fit = Registry(chosen.tracking_uri), partial(misfit, chosen)
    bring = partial(pull_once, registry, chosen.alias, chosen.release, misfit=fit)
    with ended_at_once():
        if every is not None:
            logs.write_to(sys.stderr)
            Pulling(bring).forever(every)
        else:
            release, _ = bring()
            models = ", ".join(f"{model.name} {model.version}" for model in release.models)
            click.echo(f"release {release.version} ({chosen.alias}) is live in {chosen.release}: {models}")


@click.command()
@click.option("--host", help="Address to listen on.  [SERVING_HOST, 127.0.0.1]")
@click.option("--port", type=int, help="0 takes a free one.  [SERVING_PORT, 8000]")
@click.option("--workers", type=int, help="Processes that answer.  [SERVING_WORKERS, 1]")
@options.RELEASE
@options.STORE
@options.CATALOGUE
@options.POLICY
@options.LEDGER
@click.pass_obj
def run(settings: Settings, /, **given: str | int | Path | None) -> None:
    """Serve over HTTP; newer releases, stores, catalogues and policies are picked up while running."""
    from serving.process.server import serve  # noqa: PLC0415 - other commands need no web

    logs.write_to(sys.stderr)
    serve(override(settings, given))
