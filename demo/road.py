"""The public command lines from raw tables to a verified release on disk, one after the other."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from demo.processes import Children
from demo.terminal import end, timed
from features.dataset import Dataset, read_dataset
from features.errors import InputError

GATE = "Promote it, if it passes the gate"
PULL = ("serving", "pull")


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
    """The steps from raw tables to a verified release on disk."""
    data, promote = ("--dataset", str(dataset)), ("training", "promote")
    cross_sell = (
        Step("Train the cross-sell model and judge it likewise", ("training", "cross-sell", *data)),
        Step(GATE, (*promote, "--model", "cross_sell"), fine=(0, 1)),
    )
    bundles = (
        Step("Find what belongs together and judge it on later baskets", ("training", "bundles", *data)),
        Step(GATE, (*promote, "--model", "bundles"), fine=(0, 1)),
    )
    return (
        Step("Check the raw tables against the contract", ("features", "check", *data)),
        Step("Build what was known of each customer, week by week", ("features", "build", *data)),
        Step("Train the churn model and judge it on later periods", ("training", "churn", *data)),
        Step(GATE, promote, fine=(0, 1)),
        *(cross_sell if declared.offers else ()),
        *(bundles if declared.bundles else ()),
        Step("Publish what is known of each customer now", ("features", "publish", *data)),
        Step("Bind models and rules into a release, if they belong together", ("training", "release")),
        Step("Fetch the release from the registry and verify it", PULL),
    )


class Walk:
    """Steps one after the other, each with its number of all."""

    def __init__(self, children: Children, steps: int) -> None:
        self._children = children
        self._steps = steps
        self._begun = 0

    @contextmanager
    def step(self, title: str, command: Sequence[str]) -> Iterator[None]:
        """The next step, which the block takes."""
        self._begun += 1
        with timed(f"{self._begun}/{self._steps}  {title}", command):
            yield

    def run(self, steps: Sequence[Step]) -> None:
        """Run the steps in order. The first that fails ends the demo with its exit code; it has said why."""
        for step in steps:
            with self.step(step.title, step.command):
                code = self._children.start("-m", *step.command).wait()
            if code not in step.fine:
                end(f"step {self._begun} ended with exit code {code}, so the demo stops here", code)
