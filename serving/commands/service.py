"""`pull` a release and `run` the service."""

import sys
from pathlib import Path

import click

from serving import logs
from serving.commands import options
from serving.commands.options import override
from serving.one_thread import use_one_thread
from serving.release import NAMES
from serving.settings import Settings


@click.command()
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
    type=options.FILE,
    help="Folder to pull into.  [SERVING_RELEASE, workspace/release]",
)
@click.pass_obj
def pull(settings: Settings, /, **given: str | Path | tuple[str, ...] | None) -> None:
    """Fetch the champions, verify them and make them the live release together."""
    from serving.pull import pull as pull_release  # noqa: PLC0415 - the running service must not load it

    chosen = override(settings, given)
    release = pull_release(chosen.models, chosen.alias, chosen.tracking_uri, chosen.release)
    versions = " and ".join(f"{model.name} {model.version}" for model in release.models)
    verb = "is" if len(release.models) == 1 else "are"
    click.echo(f"{versions} ({release.alias}) {verb} live in {chosen.release}")


@click.command()
@click.option("--host", help="Address to listen on.  [SERVING_HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [SERVING_PORT, 8000]")
@options.RELEASE
@options.STORE
@options.CATALOGUE
@options.POLICY
@options.LEDGER
@click.pass_obj
def run(settings: Settings, /, **given: str | int | Path | None) -> None:
    """Serve over HTTP; newer releases, stores, catalogues and policies are picked up while running."""
    use_one_thread()
    from serving.server import serve  # noqa: PLC0415 - the libraries below read these variables when imported

    logs.write_to(sys.stderr)
    serve(override(settings, given))
