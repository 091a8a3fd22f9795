"""A challenger of the churn model: trained with other values, released, swapped in, and rolled back."""

import json
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from demo.asking import Service, ask
from demo.road import GATE, PULL, Step
from features.errors import InputError
from serving.live.schemas import ReleaseAnswer

CONFIG = Path(__file__).parents[1] / "training" / "config.toml"
CHALLENGER = Path("workspace/challenger.toml")
SMALLER = {"boosters": 2}
"""A third fewer trees."""
SHARES = [0.75]
"""Of trees in the blend: not chosen anew."""
ORIGINS = 2
"""Newest periods that it is judged over."""
SWAPPING_SECONDS = 60.0

SWAP = (
    Step("Bind the champions into a new release while the service is asked", ("training", "release")),
    Step("Bring it to the service, which swaps it in between two answers", PULL),
)
BACK = (
    Step("Roll back to the release before, models and rules together", ("training", "rollback")),
    Step("Bring that one to the service", PULL),
)


def challenge(dataset: Path) -> tuple[Step, ...]:
    """The steps from other values to a challenger that was judged."""
    train = ("training", "churn", "--dataset", str(dataset), "--config", str(CHALLENGER))
    return (
        Step("Train a challenger: fewer trees, judged over the newest periods", train),
        Step(GATE, ("training", "promote"), fine=(0, 1)),
    )


def write_challenger(path: Path = CHALLENGER) -> None:
    """The experiment values of the repository, but for a smaller churn model."""
    values = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    values["churn"]["origins"] = ORIGINS
    values["churn"]["shares_of_trees"] = SHARES
    values["churn"]["trees"] |= SMALLER
    path.write_text("".join(_lines("", values)), encoding="utf-8")


def live_release(service: Service) -> str:
    """The version of the release that answers."""
    return ReleaseAnswer.model_validate_json(ask(service, "/v1/release")).version


def wait_for_swap(service: Service, left: str) -> str:
    """Wait until another release answers than the one that is left; returns its version.

    Raises `InputError` with what the service says when that takes too long.
    """
    deadline = time.monotonic() + SWAPPING_SECONDS
    while (live := live_release(service)) == left:
        if time.monotonic() > deadline:
            told = ReleaseAnswer.model_validate_json(ask(service, "/v1/release")).fault
            raise InputError(
                f"the service goes on with release {left}: {told or 'it looks for no newer one'}"
            )
        time.sleep(0.1)
    return live


def _lines(prefix: str, values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _lines(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name} = {json.dumps(value)}\n"
