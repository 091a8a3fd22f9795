"""The public command lines from raw tables to verified models on disk, one after the other."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from demo.processes import Children
from demo.terminal import end, timed
from features.dataset import Dataset, read_dataset
from features.errors import InputError

_GATE = "Promote it, if it passes the gate"

AFTER = 2
"""Steps that follow the road: the service is started and asked, then what became of its answers is added up."""


@dataclass(frozen=True)
class Step:
    """One of our command lines; after exit codes other than `fine` the demo ends."""

    title: str
    command: tuple[str, ...]
    fine: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Declared:
    """Which answers beside churn a dataset declares."""

    offers: bool = False
    bundles: bool = False


def declared_by(dataset: Path) -> Declared:
    """What the dataset declares; one that cannot be read declares nothing, and the first step says why."""
    with suppress(InputError):
        read: Dataset = read_dataset(dataset)
        return Declared(offers=read.cross_sell is not None, bundles=read.bundles is not None)
    return Declared()


def road(dataset: Path, declared: Declared) -> tuple[Step, ...]:
    """The steps from raw tables to verified models on disk."""
    data, promote = ("--dataset", str(dataset)), ("training", "promote")
    cross_sell = (
        Step("Train the cross-sell model and judge it likewise", ("training", "cross-sell", *data)),
        Step(_GATE, (*promote, "--model", "cross_sell"), fine=(0, 1)),
    )
    bundles = (
        Step("Find what belongs together and judge it on later baskets", ("training", "bundles", *data)),
        Step(_GATE, (*promote, "--model", "bundles"), fine=(0, 1)),
    )
    return (
        Step("Check the raw tables against the contract", ("features", "check", *data)),
        Step("Build what was known of each customer, week by week", ("features", "build", *data)),
        Step("Train the churn model and judge it on later periods", ("training", "churn", *data)),
        Step(_GATE, promote, fine=(0, 1)),
        *(cross_sell if declared.offers else ()),
        *(bundles if declared.bundles else ()),
        Step("Publish what is known of each customer now", ("features", "publish", *data)),
        Step("Fetch the champions from the registry and verify them", ("serving", "pull")),
    )


def run(children: Children, steps: Sequence[Step]) -> None:
    """Run the steps in order. The first that fails ends the demo with its exit code; it has said why itself."""
    for number, step in enumerate(steps, 1):
        with timed(f"{number}/{len(steps) + AFTER}  {step.title}", step.command):
            code = children.start("-m", *step.command).wait()
        if code not in step.fine:
            end(f"step {number} ended with exit code {code}, so the demo stops here", code)
