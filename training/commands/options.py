"""Options that several commands share."""

from pathlib import Path

import click

from training.config import CONFIG

PATH = click.Path(path_type=Path)
DATASET = click.option("--dataset", type=PATH, required=True, help="The dataset.toml to learn from.")
WORKSPACE = click.option(
    "--workspace", type=PATH, default=Path("workspace"), show_default=True, help="Where built files go."
)
CONFIG_FILE = click.option(
    "--config", type=PATH, default=CONFIG, help="Experiment values.  [training/config.toml]"
)
METRICS_JSON = click.option("--metrics-json", type=PATH, help="Also write every figure to this file.")
