"""Releases of the same models and rules whose every number tells which release it is of."""

import math
from pathlib import Path
from typing import Any

from tests.serving.bundles import tiny as baskets
from tests.serving.cross_sell import tiny as offered
from tests.serving.releases import go_live
from tests.serving.tiny import ROWS, offline_probability, write_artifact

SHIFT = 0.05
"""How much higher the log-odds of churn are in each version than in the one before."""


def churn_of(version: int, place: int = 0) -> float:
    """The probability that a version gives the customer at a place of the tiny store."""
    return _shifted(offline_probability(ROWS[place][2]), version)


def incremental_of(version: int) -> float:
    """What share of the offer `taste` would not have been bought anyway, in the catalogue of a version."""
    return round(0.5 + version / 1000, 3)


def make_live(root: Path, version: int) -> Path:
    """Make the release of this version the live one; its folder."""
    staged = root / ".staged"

    def shift(files: dict[str, Any]) -> None:
        files["model.json"]["calibration"]["intercept"] += version * SHIFT
        golden = files["golden.json"]
        golden["probabilities"] = [_shifted(one, version) for one in golden["probabilities"]]

    def name(files: dict[str, Any]) -> None:
        catalogue = files["catalogue.toml"].replace('version = "c1"', f'version = "c{version}"')
        old, new = "margin = 0.5\nincremental = 1.0", f"margin = 0.5\nincremental = {incremental_of(version)}"
        files["catalogue.toml"] = catalogue.replace(old, new)

    write_artifact(staged / "churn", shift)
    offered.write_artifact(staged / "cross_sell")
    baskets.write_artifact(staged / "bundles")
    return go_live(root, staged, str(version), name)


def _shifted(probability: float, version: int) -> float:
    return 1 / (1 + math.exp(-math.log(probability / (1 - probability)) - version * SHIFT))
