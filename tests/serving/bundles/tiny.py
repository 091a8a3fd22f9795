"""A tiny bundle artifact made by hand, habits that fit it, and its formulas written again, plainly."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from features.store import BundleInfo, HabitRows, StoredHabits
from serving.bundles.artifact import RULE, RuleRows
from serving.release import ReleasedModel
from tests.serving import tiny
from tests.serving.cross_sell import tiny as offered
from tests.serving.files import write_files
from tests.serving.releases import RELEASE, go_live
from tests.serving.tiny import Change

BASKETS = 1000
ODD = 'Käse/"alt"\n客'
ITEMS: list[dict[str, Any]] = [
    {"id": "BREAD", "name": "Bread", "parent": "BAKERY", "count": 400, "margin": 0.5},
    {"id": "BUTTER", "name": "Butter", "parent": "DAIRY", "count": 200, "margin": 1.2},
    {"id": "JAM", "name": "Jam", "parent": None, "count": 120, "margin": 0.9},
    {"id": "MARGARINE", "name": "Margarine", "parent": "DAIRY", "count": 80, "margin": 1.0},
    {"id": "BEER", "name": "Beer", "parent": "DRINKS", "count": 150, "margin": 2.0},
    {"id": "CHIPS", "name": "Chips", "parent": "SNACKS", "count": 100, "margin": 0.7},
    {"id": ODD, "name": "Old cheese", "parent": "DAIRY", "count": 50, "margin": 3.0},
    {"id": "SOAP", "name": "Soap", "parent": "", "count": 30, "margin": 0.1},
]
IDS = [item["id"] for item in ITEMS]
BREAD, BUTTER, JAM, MARGARINE, BEER, CHIPS, CHEESE, SOAP = range(len(ITEMS))
WEIGHTS = np.random.default_rng(11).uniform(-0.1, 0.4, (len(ITEMS),) * 2).astype("<f4")
np.fill_diagonal(WEIGHTS, 0)
SUBSTITUTES = np.array([[BUTTER, MARGARINE]], dtype="<i4")
RULES: dict[tuple[tuple[int, ...], int], tuple[int, int, float, float, float, float, float, int, bool]] = {
    # The columns of `RULE`.
    ((BREAD,), BUTTER): (150, 400, 1.7, 2.1, 1e-9, 1e-8, 1.8, 1, False),
    ((BUTTER,), BREAD): (150, 200, 1.7, 2.1, 1e-9, 1e-8, 1.8, 1, False),
    ((BREAD,), JAM): (120, 400, 2.3, 2.7, 1e-7, 1e-6, 2.4, 0, False),
    ((JAM,), BREAD): (120, 120, 2.3, 2.7, 1e-7, 1e-6, 2.4, 0, False),
    ((BUTTER,), JAM): (60, 200, 2.0, 3.1, 1e-4, 0.01, 2.2, 1, False),
    ((JAM,), BUTTER): (60, 120, 2.0, 3.1, 1e-4, 0.01, 2.2, 1, False),
    ((BREAD, BUTTER), JAM): (58, 150, 2.6, 4.0, 1e-5, 0.002, math.nan, 0, False),
    ((BEER,), CHIPS): (60, 150, 3.2, 5.0, 1e-8, 1e-7, 1.0, 0, True),
    ((CHIPS,), BEER): (60, 100, 3.2, 5.0, 1e-8, 1e-7, 1.0, 0, True),
    ((BREAD,), CHIPS): (45, 400, 0.9, 1.4, 0.08, 0.2, 1.1, 0, False),
    ((CHIPS,), BREAD): (45, 100, 0.9, 1.4, 0.08, 0.2, 1.1, 0, False),
    ((BEER,), CHEESE): (10, 150, 1.01, 1.8, 0.03, 0.05, 1.3, 0, False),
    ((CHEESE,), BEER): (10, 50, 1.01, 1.8, 0.03, 0.05, 1.3, 0, False),
}
MODEL: dict[str, Any] = {
    "schema": 1,
    "kind": "bundles",
    "fingerprint": "b1",
    "item_level": "type",
    "baskets": BASKETS,
    "learned_from": "2016-12-05T00:00:00Z",
    "learned_through": "2017-12-04T00:00:00Z",
    "currency": "USD",
    "population": "baskets of at most 150 items",
    "score": {"habit": 0.6, "floor": 0.05, "known": 1.4, "unknown": 1.1},
    "evidence": {"max_q_value": 0.05, "min_count": 10},
}
RELEASED = ReleasedModel("bundles", "4", "r3", RELEASE)
HABIT_ITEMS = ("SOAP", "WINE", "BREAD", "CHIPS")
HABITS: dict[str, dict[str, float]] = {
    "1": {"SOAP": 0.25, "WINE": 1.0, "BREAD": 0.5},
    "01": {"WINE": 0.4},
    "DE/4711": {},
    "Åse 客": {"CHIPS": 1.0},
}
"""By id: used to much, some of it unknown to the model; to that alone; to nothing; to one thing."""
STORE_INFO = replace(tiny.INFO, bundles=BundleInfo(item_level=MODEL["item_level"], customers=len(HABITS)))
FULL_INFO = replace(offered.STORE_INFO, bundles=STORE_INFO.bundles)
"""A store with everything."""
GOLDEN = [[], [BREAD], [BREAD, BUTTER, BEER], [SOAP], list(range(7))]


def habits() -> HabitRows:
    """What a publisher hands over."""
    return HabitRows(HABIT_ITEMS, [(customer_id, _stored(shares)) for customer_id, shares in HABITS.items()])


def _stored(shares: Mapping[str, float]) -> StoredHabits:
    places = np.array([HABIT_ITEMS.index(item) for item in shares], dtype=np.int32)
    return StoredHabits(places, np.array(list(shares.values()), dtype=np.float64))


def own_shares(customer_id: str) -> dict[int, float]:
    """The shares of a customer by the model's codes."""
    return {IDS.index(item): share for item, share in HABITS[customer_id].items() if item in IDS}


def rule_rows() -> RuleRows:
    """The rules as they lie in the file, not sorted by anything."""
    rows = [
        ((*antecedent, *[-1] * (3 - len(antecedent))), consequent, *numbers)
        for (antecedent, consequent), numbers in RULES.items()
    ]
    return np.array(rows, dtype=RULE)


def offline_score(basket: Sequence[int], item: int, own: Mapping[int, float] | None = None) -> float:
    """The score of one item beside a basket, as docs/artifact.md writes it."""
    together = sum(float(WEIGHTS[i, item]) for i in set(basket)) if basket else ITEMS[item]["count"] / BASKETS
    return together + (0.0 if own is None else MODEL["score"]["habit"] * own.get(item, 0.0))


def offline_probability(basket: Sequence[int], item: int, own: Mapping[int, float] | None = None) -> float:
    """That this is the one item which the basket lacks, as docs/artifact.md writes it."""
    if item in basket:
        return 0.0
    numbers = MODEL["score"]

    def power(other: int) -> float:
        score = max(offline_score(basket, other, own), numbers["floor"])
        raised: float = score ** numbers["unknown" if own is None else "known"]
        return raised

    return power(item) / sum(power(other) for other in range(len(ITEMS)) if other not in basket)


def ranking(
    basket: Sequence[int], own: Mapping[int, float] | None = None, *, margins: bool = True
) -> list[str]:
    """Every candidate of a basket, the best first."""
    barred = {*basket}
    for one, other in SUBSTITUTES.tolist():
        barred |= {other} if one in basket else set()
        barred |= {one} if other in basket else set()

    def worth(item: int) -> float:
        margin: float = ITEMS[item]["margin"]
        return (
            offline_probability(basket, item, own) * margin if margins else offline_score(basket, item, own)
        )

    left = [item for item in range(len(ITEMS)) if item not in barred]
    return [IDS[item] for item in sorted(left, key=lambda item: (-worth(item), item))]


def no_margin(files: dict[str, Any]) -> None:
    """One item without a margin."""
    files["items.json"][SOAP]["margin"] = None


def write_artifact(folder: Path, change: Change = lambda _: None) -> Path:
    """Write the artifact; `change` may alter any file's content before the checksums are taken."""
    top = [[item for item in range(len(ITEMS)) if item not in basket][:3] for basket in GOLDEN]
    files: dict[str, Any] = {
        "model.json": json.loads(json.dumps(MODEL)),
        "items.json": json.loads(json.dumps(ITEMS)),
        "weights.npy": WEIGHTS.copy(),
        "rules.npy": rule_rows(),
        "substitutes.npy": SUBSTITUTES.copy(),
        "golden.json": {
            "baskets": [list(basket) for basket in GOLDEN],
            "items": top,
            "probabilities": [
                [offline_probability(basket, item) for item in items]
                for basket, items in zip(GOLDEN, top, strict=True)
            ],
        },
    }
    change(files)
    return write_files(folder, files)


def release_into(root: Path, version: str, change: Change = lambda _: None, *, others: bool = True) -> Path:
    """Make a tiny release the live one, with all other models beside it or alone; returns its folder."""
    staged = root / ".staged"
    write_artifact(staged / "bundles", change)
    if others:
        tiny.write_artifact(staged / "churn")
        offered.write_artifact(staged / "cross_sell")
    return go_live(root, staged, version)
