"""Command line of the demo: `python -m demo` serves until Ctrl-C, `python -m demo --exit` stops after the answers.

Runs the public command lines one after the other, as a person would type them, starts the service and asks it for
three customers, for a basket, and for the next best offer.
"""

import signal
import sys
import time
from pathlib import Path

import click

from demo.bundles import print_bundle
from demo.churn import churn_panel, published_customers, three_answers
from demo.decisions import print_decisions
from demo.offers import print_offers
from demo.processes import TO_STOP, Children
from demo.road import AFTER, declared_by, road, run
from demo.servers import keep_serving, serve
from demo.terminal import CONSOLE, end, timed
from features.errors import InputError

DATASET = Path("features/datasets/complete_journey.toml")
REPORT = ("serving", "report", "--picture", "workspace/report.svg")


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), default=DATASET, show_default=True)
@click.option("--exit", "leave", is_flag=True, help="Stop after the answers instead of serving until Ctrl-C.")
def demo(dataset: Path, *, leave: bool) -> None:
    """From raw transactions to served, explained scores, bundles and next best offers."""
    begun = time.monotonic()
    declared = declared_by(dataset)
    steps = road(dataset, declared)
    with Children() as children:
        run(children, steps)
        last = len(steps) + AFTER
        with timed(f"{last - 1}/{last}  Start the service and ask for three customers", ("serving", "run")):
            running, service = serve(children)
            customers = published_customers()
            answers = three_answers(service, customers)
        for answer in answers:
            CONSOLE.print(churn_panel(answer))
        if declared.offers:
            print_offers(service, [answer.customer_id for answer in answers])
        if declared.bundles:
            print_bundle(service)
        print_decisions(service, customers)
        with timed(f"{last}/{last}  Add up what became of the answers", REPORT):
            children.start("-m", *REPORT).wait()
        CONSOLE.print(f"From raw tables to these answers: {time.monotonic() - begun:.0f} s.")
        if not leave:
            keep_serving(children, running, service.port)


def main() -> None:
    """Run the demo. A request to stop ends all that it started; bad input ends in one sentence and exit code 2."""
    for number in TO_STOP[1:]:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        demo(prog_name="python -m demo")
    except InputError as error:
        end(str(error), 2)


if __name__ == "__main__":
    main()
