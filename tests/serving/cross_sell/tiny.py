"""A tiny real cross-sell artifact, candidates that fit it, and the score formula written again, plainly."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from features.store import CandidateInfo, CandidateRows, PopularItem, StoredCandidates, StoredItem
from serving.release import ReleasedModel
from serving.scoring.arrays import Floats
from tests.serving import tiny
from tests.serving.files import write_files
from tests.serving.releases import RELEASE, go_live
from tests.serving.tiny import Change

PAIR = (
    "repeat",
    "pair_baskets",
    "pair_days_since",
    "pair_gap_days",
    "pair_basket_share",
    "neighbour_rate",
)
ITEM = ("item_customers", "item_buyers_28d", "item_price")
CUSTOMER = ("visit_days_all",)
NAMES = [*PAIR, *ITEM, *CUSTOMER]
UNITS = ["flag", "count", "days", "days", "share", "share", "count", "share", "money", "count"]
FEATURES = [
    {"name": name, "unit": unit, "words": f"{name} {{value}}", "source": "transactions"}
    for name, unit in zip(NAMES, UNITS, strict=True)
]
MODEL: dict[str, Any] = {
    "schema": 1,
    "kind": "cross_sell",
    "features": NAMES,
    "fingerprint": "p1",
    "item_level": "category",
    "horizon_days": 28,
    "new_after_days": 365,
    "labelled_through": "2017-12-04T00:00:00Z",
    "population": "customers with a purchase before as_of",
    "linear": {
        "repeat": {
            "intercept": -0.2,
            "coefficients": [0.0, 0.3, -0.2, 0.1, 0.4, 0.2, -0.1, 0.05, -0.1, 0.02],
            "center": [0.0, 1.5, 3.0, 2.5, 0.2, 0.3, 4.0, 0.3, 1.2, 2.0],
            "scale": [1.0, 0.7, 1.1, 0.9, 0.2, 0.2, 1.3, 0.2, 0.5, 0.8],
        },
        "new": {
            "intercept": -1.0,
            "coefficients": [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.3, -0.2, -0.1, -0.1],
            "center": [0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 4.0, 0.3, 1.2, 2.0],
            "scale": [1.0, 1.0, 1.0, 1.0, 1.0, 0.2, 1.3, 0.2, 0.5, 0.8],
        },
    },
    "calibration": {
        "repeat": {"slope": 1.2, "intercept": -0.3},
        "new": {"slope": 0.8, "intercept": -1.1},
    },
    "shrinkage": {
        "strength": 20.0,
        "priors": {"DAIRY": {"repeat": 0.5, "new": 0.1}, "DRINKS": {"repeat": 0.3, "new": 0.04}},
        "default": {"repeat": 0.4, "new": 0.02},
    },
    "evidence": {"min_item_customers": 30, "min_visit_days": 3},
    "currency": "USD",
}
UNKNOWN = math.nan
ITEMS = (
    StoredItem("CHEESE", "Cheese", "DAIRY", np.array([900.0, 0.31, 4.0])),
    StoredItem("MILK", "Milk", "DAIRY", np.array([1500.0, 0.62, 1.5])),
    StoredItem("BEER-B", "Beer B", "DRINKS", np.array([200.0, 0.08, 9.0])),
    StoredItem("BEER-A", "Beer A", "DRINKS", np.array([200.0, 0.08, 9.0])),
    StoredItem("SALT", "Salt", "", np.array([30.0, 0.02, 0.5])),
    StoredItem("SAFFRON", "Saffron", "SPICES", np.array([29.0, 0.0, 12.0])),
    StoredItem("NEW", "Brand new", "DAIRY", np.array([UNKNOWN, UNKNOWN, UNKNOWN])),
)
INFO = CandidateInfo(
    fingerprint="p1",
    item_level="category",
    horizon_days=28,
    new_after_days=365,
    pair_names=PAIR,
    item_names=ITEM,
    customer_names=CUSTOMER,
    customers=4,
)
STORE_INFO = replace(tiny.INFO, candidates=INFO)


def _history(
    items: Sequence[int], because: Sequence[int], pairs: Sequence[Sequence[float]], visits: float
) -> StoredCandidates:
    return StoredCandidates(
        items=np.array(items, dtype=np.int32),
        because=np.array(because, dtype=np.int32),
        pairs=np.array(pairs, dtype=np.float64).reshape(len(items), len(PAIR)),
        customer=np.array([visits]),
        segment="50-74K",
    )


_NEVER = [0.0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
CANDIDATES: dict[str, StoredCandidates] = {
    "1": _history(
        [1, 0, 2, 3, 4, 5, 6],
        [-1, -1, 1, 1, 0, -1, -1],
        [
            [1.0, 12.0, 27.0, 23.0, 0.4, 0.9],
            [1.0, 1.0, 40.0, UNKNOWN, 0.03, 0.5],
            [*_NEVER, 0.31],
            [*_NEVER, 0.31],
            [*_NEVER, UNKNOWN],
            [*_NEVER, UNKNOWN],
            [*_NEVER, UNKNOWN],
        ],
        30.0,
    ),
    "01": _history([0, 1], [-1, 0], [[*_NEVER, 0.2], [*_NEVER, 0.0]], 2.0),
    "DE/4711": _history([], [], [], 0.0),
    "Åse 客": _history([5, 4], [-1, -1], [[UNKNOWN] * 6, [1.0, *[UNKNOWN] * 5]], UNKNOWN),
}
"""By id: much known; nothing bought again and few visits; no history; hardly anything known."""
POPULAR = {
    "": (PopularItem(1, 0.62), PopularItem(0, 0.35), PopularItem(4, 0.02)),
    "50-74K": (PopularItem(0, 0.44), PopularItem(1, 0.41)),
}
RELEASED = ReleasedModel("cross_sell", "2", "r2", RELEASE)


def candidates() -> CandidateRows:
    """What a publisher hands over."""
    return CandidateRows(ITEMS, CANDIDATES.items(), POPULAR)


def rows_of(customer_id: str) -> tuple[Floats, list[str]]:
    """The model's rows of a customer, one value at a time, and the parents of their items."""
    stored = CANDIDATES[customer_id]
    items = [ITEMS[place] for place in stored.items]
    rows = [
        [*pair.tolist(), *item.features.tolist(), *stored.customer.tolist()]
        for pair, item in zip(stored.pairs, items, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(NAMES)), [item.parent for item in items]


@cache
def booster() -> lightgbm.Booster:
    """Twenty small trees over made-up pairs."""
    random = np.random.default_rng(5)
    rows = random_rows(800)
    repeat, share, buyers = rows[:, 0], np.nan_to_num(rows[:, 4]), np.nan_to_num(rows[:, 7])
    label = repeat + 2 * share + 2 * buyers + random.normal(size=800) > 1.5
    options = {"objective": "binary", "num_leaves": 7, "num_threads": 1, "verbosity": -1, "seed": 1}
    return lightgbm.train(options, lightgbm.Dataset(rows, label, feature_name=NAMES), 20)


def random_rows(count: int) -> Floats:
    """Made-up pairs, a fifth of their values unknown."""
    random = np.random.default_rng(7)
    rows = random.random((count, len(NAMES))) * [1, 20, 300, 60, 1, 1, 500, 1, 10, 40]
    rows[random.random(rows.shape) < 0.2] = np.nan
    rows[:, 0] = random.random(count) < 0.5
    return rows


def offline_probability(row: Floats, parent: str) -> float:
    """The score of one row, as docs/artifact.md writes it."""
    kind = "repeat" if row[NAMES.index("repeat")] == 1 else "new"
    calibration, shrinkage = MODEL["calibration"][kind], MODEL["shrinkage"]
    raw = np.asarray(booster().predict(row.reshape(1, -1), raw_score=True)).item() + _linear(row, kind)
    q = 1 / (1 + math.exp(-(calibration["slope"] * raw + calibration["intercept"])))
    n, s = row[NAMES.index("item_customers")].item(), shrinkage["strength"]
    prior: float = shrinkage["priors"].get(parent, shrinkage["default"])[kind]
    if math.isnan(n):
        return prior
    shrunk: float = (n * q + s * prior) / (n + s)
    return shrunk


def _linear(row: Floats, kind: str) -> float:
    part = MODEL["linear"][kind]
    total: float = part["intercept"]
    for x, c, m, s in zip(row.tolist(), part["coefficients"], part["center"], part["scale"], strict=True):
        if not math.isnan(x):
            total += c * (math.copysign(math.log1p(abs(x)), x) - m) / s
    return total


def write_artifact(folder: Path, change: Change = lambda _: None) -> Path:
    """Write the artifact; `change` may alter any file's content before the checksums are taken."""
    rows, parents = rows_of("1")
    files: dict[str, Any] = {
        "booster.txt": booster().model_to_string(),
        "model.json": json.loads(json.dumps(MODEL)),
        "features.json": json.loads(json.dumps(FEATURES)),
        "golden.json": {
            "rows": [[None if math.isnan(x) else x for x in row.tolist()] for row in rows],
            "parents": parents,
            "probabilities": [
                offline_probability(row, parent) for row, parent in zip(rows, parents, strict=True)
            ],
        },
    }
    change(files)
    return write_files(folder, files)


def release_into(root: Path, version: str, change: Change = lambda _: None, *, churn: bool = True) -> Path:
    """Make a tiny release the live one, with churn beside it or alone; returns its folder."""
    staged = root / ".staged"
    write_artifact(staged / "cross_sell", change)
    if churn:
        tiny.write_artifact(staged / "churn")
    return go_live(root, staged, version)
