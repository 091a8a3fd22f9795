"""Command line of the demo: `python -m demo` serves until Ctrl-C, `python -m demo --exit` stops after the answers.

Runs the public command lines one after the other, as a person would type them, starts the service and asks it for
three customers, for a basket, and for the next best offer; then swaps a challenger in while somebody asks, and
takes it back.
"""

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from demo.asking import Service
from demo.bundles import print_bundle
from demo.challenger import BACK, SWAP, challenge, live_release, wait_for_swap, write_challenger
from demo.churn import churn_panel, published_customers, three_answers
from demo.decisions import print_decisions
from demo.offers import print_offers
from demo.processes import TO_STOP, Children
from demo.road import Walk, declared_by, road
from demo.servers import keep_serving, serve
from demo.terminal import CONSOLE, end
from demo.traffic import Traffic, traffic_table
from features.errors import InputError

DATASET = Path("features/datasets/complete_journey.toml")
REPORT = ("serving", "report", "--picture", "workspace/report.svg")

OWN = 2
"""Steps beside those: the service is started, and at last what became of its answers is added up."""


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), default=DATASET, show_default=True)
@click.option("--exit", "leave", is_flag=True, help="Stop after the answers instead of serving until Ctrl-C.")
def demo(dataset: Path, *, leave: bool) -> None:
    """From raw transactions to served, explained scores, bundles and next best offers."""
    begun = time.monotonic()
    declared = declared_by(dataset)
    steps, further = road(dataset, declared), challenge(dataset)
    with Children() as children:
        walk = Walk(children, len((*steps, *further, *SWAP, *BACK)) + OWN)
        walk.run(steps)
        with walk.step("Start the service and ask for three customers", ("serving", "run")):
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
        write_challenger()
        walk.run(further)
        swap(walk, service, customers)
        with walk.step("Add up what became of the answers", REPORT):
            children.start("-m", *REPORT).wait()
        CONSOLE.print(f"From raw tables to these answers: {time.monotonic() - begun:.0f} s.")
        if not leave:
            keep_serving(children, running, service.port)


def swap(walk: Walk, service: Service, customer_ids: Sequence[str]) -> None:
    """Bring a new release into the running service and take it back, while somebody asks all the time.

    A question without an answer ends the demo.
    """
    with Traffic(service, customer_ids) as traffic:
        before = live_release(service)
        walk.run(SWAP)
        after = wait_for_swap(service, before)
        walk.run(BACK)
        wait_for_swap(service, after)
    CONSOLE.print(traffic_table(traffic))
    if traffic.errors:
        end(f"the service did not answer while releases were swapped: {traffic.errors[0]}", 1)


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
