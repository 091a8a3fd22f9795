"""Options that several commands share, and the settings that they change."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from features.errors import InputError
from serving.settings import Settings

FILE = click.Path(path_type=Path)
DATE = click.DateTime(["%Y-%m-%d"])
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])

CATALOGUE = click.option(
    "--catalogue", type=FILE, help="Offers, TOML or CSV, with --policy.  [SERVING_CATALOGUE, the release's]"
)
POLICY = click.option(
    "--policy",
    type=FILE,
    help="What holds for every offer, with --catalogue.  [SERVING_POLICY, the release's]",
)
RELEASE = click.option("--release", type=FILE, help="Pulled release.  [SERVING_RELEASE, workspace/release]")
LEDGER = click.option(
    "--ledger", help="URL of the ledger.  [SERVING_LEDGER, sqlite:///workspace/ledger.sqlite]"
)
OUT = click.option("--out", type=FILE, required=True, help="Parquet file to write (docs/decision-log.md).")
CHANNEL = click.option("--channel", required=True, help="Channel of the policy.")
PLACEMENT = click.option("--placement", help="Where in the channel.  [the channel itself]")
STORE = click.option("--store", type=FILE, help="Online store.  [SERVING_STORE, workspace/online.sqlite]")


class Interval(click.ParamType[float]):
    """Seconds, written as `30s` or `5m`."""

    name = "interval"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of seconds; ends the command for anything else."""
        written = re.fullmatch(r"([1-9]\d{0,4})([sm])", str(value))
        if written is None:
            self.fail(f"{value!r} is no interval: write seconds or minutes, such as 30s or 5m", param, ctx)
        return float(written[1]) * (60 if written[2] == "m" else 1)


def override(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings with the options that were given. Raises `InputError` for one out of its range."""
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate(settings.model_dump() | chosen)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise InputError(f"--{first['loc'][0]}: {first['msg']}") from fault
