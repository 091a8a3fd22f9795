"""Command line of the service: `pull` a model from the registry, `run` the service."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from features.errors import InputError
from serving import logs
from serving.release import NAMES
from serving.settings import Settings, read_settings

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@click.group()
@click.pass_context
def commands(context: click.Context) -> None:
    """A customer id becomes one explained answer over HTTP. Defaults come from SERVING_ variables."""
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
@click.option(
    "--release", type=click.Path(path_type=Path), help="Pulled release.  [SERVING_RELEASE, workspace/release]"
)
@click.option(
    "--store", type=click.Path(path_type=Path), help="Online store.  [SERVING_STORE, workspace/online.sqlite]"
)
@click.pass_obj
def run(settings: Settings, /, **given: str | int | Path | None) -> None:
    """Serve; newer releases and stores are picked up while running, missing ones as soon as they appear."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    from serving.server import serve  # noqa: PLC0415 - the libraries below read these variables when imported

    logs.write_to(sys.stderr)
    serve(_override(settings, given))


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
