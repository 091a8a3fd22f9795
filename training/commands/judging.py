"""`judge`: what other ways of deciding would have earned."""

from pathlib import Path

import click
from rich.console import Console

from training.commands import options
from training.judge import report as judge_report
from training.judge.joined import join
from training.judge.judgement import judge as judge_policies
from training.judge.log import read_log
from training.report_folder import write_figures
from training.terminal import NOTES


@click.command()
@click.option(
    "--decisions", type=options.PATH, required=True, help="The decision log of the policy to judge."
)
@click.option(
    "--logged",
    type=options.PATH,
    help="What was decided on the same occasions and what it brought.  [the same file]",
)
@options.METRICS_JSON
def judge(decisions: Path, logged: Path | None, metrics_json: Path | None) -> None:
    """Estimate what other ways of deciding would have earned, from logged decisions and their rewards."""
    with NOTES.status("reading and weighing the decisions"):
        judged = read_log(decisions)
        found = judge_policies(join(read_log(logged) if logged else judged, judged))
    judge_report.print_judgement(Console(), found)
    if metrics_json:
        write_figures(metrics_json, judge_report.as_json(found))
