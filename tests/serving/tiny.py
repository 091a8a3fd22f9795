"""A tiny real churn artifact, its rows, and the score formula written a second time, plainly."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.store import DescribedFeature, StoreInfo
from serving.release import Release, ReleasedModel
from tests.serving.files import write_files
from tests.serving.releases import RELEASE, go_live, pulled_as

NAMES = ["days_since_purchase", "baskets_56d", "spend_28d", "recency_over_gap"]
DEFINITION = {"kind": "inactivity", "active_days": 56, "horizon_days": 28}
FEATURES = [
    {"name": NAMES[0], "unit": "days", "words": "last purchase {value} ago", "source": "transactions"},
    {
        "name": NAMES[1],
        "unit": "count",
        "words": "{value} basket(s) in the last 56 days",
        "source": "transactions",
    },
    {
        "name": NAMES[2],
        "unit": "money",
        "words": "spent {value} in the last 28 days",
        "source": "transactions",
    },
    {"name": NAMES[3], "unit": "ratio", "words": "{value} times the usual gap", "source": "transactions"},
]
MODEL: dict[str, Any] = {
    "schema": 1,
    "kind": "churn",
    "features": NAMES,
    "fingerprint": "f1",
    "horizon_days": 28,
    "definition": DEFINITION,
    "labelled_through": "2017-12-04T00:00:00Z",
    "population": "customers who bought in the 56 days before as_of",
    "blend": 0.6,
    "linear": {
        "intercept": -0.7,
        "coefficients": [0.9, -0.6, -0.2, 0.4],
        "center": [2.0, 1.5, 3.0, 0.5],
        "scale": [0.8, 0.7, 1.4, 0.6],
    },
    "calibration": {"slope": 1.1, "intercept": -0.2},
    "bands": {"high": 0.6, "medium": 0.3},
    "currency": "USD",
}
ROWS: list[tuple[str, bool, NDArray[np.float64]]] = [
    ("1", True, np.array([41.0, 1.0, 9.5, 3.2])),
    ("01", True, np.array([2.0, 14.0, 320.0, 0.4])),
    ("DE/4711", True, np.array([10.0, 5.0, np.nan, np.nan])),
    ("Åse 客", True, np.array([np.nan, np.nan, np.nan, np.nan])),
    ("gone", False, np.array([90.0, 0.0, 0.0, 6.0])),
    ("returns", True, np.array([6.0, 3.0, -25.0, 1.0])),
]
INFO = StoreInfo(
    fingerprint="f1",
    as_of=datetime(2017, 12, 4, tzinfo=UTC),
    published_at=datetime(2026, 1, 2, tzinfo=UTC),
    names=tuple(NAMES),
    customers=len(ROWS),
    definition=json.dumps(DEFINITION),
    currency="USD",
    described=tuple(DescribedFeature(one["name"], one["unit"], one["words"]) for one in FEATURES),
)
RELEASED = ReleasedModel("churn", "3", "r1", RELEASE)

Change = Callable[[dict[str, Any]], object]


@cache
def booster() -> lightgbm.Booster:
    """Twenty small trees over made-up customers."""
    random = np.random.default_rng(5)
    rows = np.abs(random.normal(size=(600, 4))) * [30, 8, 100, 2]
    rows[random.random(rows.shape) < 0.1] = np.nan
    label = np.nan_to_num(rows[:, 0]) / 30 - np.nan_to_num(rows[:, 1]) / 8 + random.normal(size=600) > 0
    options = {"objective": "binary", "num_leaves": 7, "num_threads": 1, "verbosity": -1, "seed": 1}
    return lightgbm.train(options, lightgbm.Dataset(rows, label, feature_name=NAMES), 20)


def offline_probability(row: NDArray[np.float64]) -> float:
    """The score of one row, one feature at a time."""
    linear = MODEL["linear"]
    z = linear["intercept"]
    for x, c, center, scale in zip(
        row, linear["coefficients"], linear["center"], linear["scale"], strict=True
    ):
        if not math.isnan(x):
            z += c * (math.copysign(math.log1p(abs(x)), x) - center) / scale
    trees = np.asarray(booster().predict(row.reshape(1, -1), raw_score=True)).item()
    blended = MODEL["blend"] * trees + (1 - MODEL["blend"]) * z
    return 1 / (1 + math.exp(-(MODEL["calibration"]["slope"] * blended + MODEL["calibration"]["intercept"])))


def write_artifact(folder: Path, change: Change = lambda _: None) -> Path:
    """Write the artifact; `change` may alter any file's content before the checksums are taken."""
    files: dict[str, Any] = {
        "booster.txt": booster().model_to_string(),
        "model.json": json.loads(json.dumps(MODEL)),
        "features.json": json.loads(json.dumps(FEATURES)),
        "golden.json": {
            "rows": [[None if math.isnan(x) else x for x in row.tolist()] for _, _, row in ROWS],
            "probabilities": [offline_probability(row) for _, _, row in ROWS],
        },
    }
    change(files)
    return write_files(folder, files)


def release_of(*models: ReleasedModel) -> Release:
    """What a pull of these models gives."""
    return Release(pulled_as(RELEASE), models)


def release_into(root: Path, version: str, change: Change = lambda _: None) -> Path:
    """Make a tiny release of churn alone the live one, as a pull would; returns its folder."""
    staged = root / ".staged"
    write_artifact(staged / "churn", change)
    return go_live(root, staged, version)
