"""A made-up cross-sell release with a store that fits it, both of real size: what serving costs, without data.

Everything is written by those who write the real ones. Values are drawn by a fixed seed and mean nothing.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.releases import go_live
from features.dataset import CrossSell
from features.definitions import Unit
from features.pair.affinities import AFFINITIES
from features.pair.customers import CUSTOMERS, VARIETY
from features.pair.items import ITEMS
from features.pair.joined import REPEAT, joined
from features.pair.purchases import PURCHASES
from features.pairs import PairSet
from features.store import (
    CandidateInfo,
    CandidateRows,
    PopularItem,
    StoredCandidates,
    StoredItem,
    StoreInfo,
    publish_sqlite,
)
from training.arrays import Floats
from training.calibration import Calibration
from training.config import CrossSellConfig
from training.cross_sell.artifact import FinalModel, golden_rows, write_artifact
from training.cross_sell.model import CrossSellModel, Rates, Shrinkage
from training.cross_sell.score import Score
from training.linear import fit_linear
from training.trees import Labelled, fit_trees

CATALOGUE = 2_400
"""Items, as many as the demo dataset has product types."""

_LEARNED = 50_000
_AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
_DEFINITION = json.dumps({"kind": "inactivity", "active_days": 56, "horizon_days": 28})


def whole_pair_set() -> PairSet:
    """Every feature that a pair can have when the tables have all columns."""
    cross_sell = CrossSell(item_level="type", horizon_days=28)
    return PairSet(
        cross_sell,
        (*joined(cross_sell.new_after_days), *PURCHASES, *AFFINITIES),
        tuple(feature for feature in ITEMS if feature.unit is not Unit.COUNT),
        (*CUSTOMERS, *VARIETY),
    )


def made_up_rows(names: tuple[str, ...], count: int, seed: int = 0) -> Floats:
    """(count, names) numbers; half of the pairs are repeat purchases, the others have no purchase of their own.

    All features of a row follow one hidden strength, as real ones do: rows without any order would send the
    processor down another branch of every tree and cost half as much again as real rows.
    """
    random = np.random.default_rng(seed)
    strength = random.normal(size=(count, 1)) * np.where(random.random(len(names)) < 1 / 4, -1, 1)
    rows = np.exp(strength + random.normal(size=strength.shape) / 2)
    again = random.random(count) < 1 / 2
    own = np.array([name.startswith("pair_") for name in names])
    rows[~again[:, np.newaxis] & own] = np.nan
    rows[:, names.index(REPEAT)] = again
    return rows


def made_up_model(names: tuple[str, ...], config: CrossSellConfig) -> CrossSellModel:
    """A model with as many trees and leaves as the configuration gives a real one."""
    rows = made_up_rows(names, _LEARNED)
    random = np.random.default_rng(1)
    known = np.log1p(np.nan_to_num(rows))
    log_odds = known @ np.abs(random.normal(size=len(names))) / 10 - 6
    label = (random.random(_LEARNED) < 1 / (1 + np.exp(-log_odds))).astype(float)
    rates = {f"category {number}": Rates(0.3, 0.02) for number in range(300)}
    again = rows[:, names.index(REPEAT)] == 1
    repeat, new = (fit_linear(rows[kind], label[kind], 1.0) for kind in (again, ~again))
    return CrossSellModel(
        Score(names, repeat, new, fit_trees(Labelled(rows, label), names, config.trees)),
        Calibration(1.1, -0.1),
        Calibration(0.9, -0.2),
        Shrinkage(config.shrinkage, rates, Rates(0.2, 0.01)),
    )


def release_into(root: Path, pairs: PairSet, config: CrossSellConfig) -> CrossSellModel:
    """Make a made-up model the live release of a folder, as a pull would."""
    model = made_up_model(pairs.names, config)
    final = FinalModel(model, _AS_OF, golden_rows(model, made_up_rows(pairs.names, 1_000, seed=2)))
    staged = root / ".staged"
    staged.mkdir(parents=True)
    write_artifact(staged / "cross_sell", final, pairs, "USD", config)
    go_live(root, staged, "made-up")
    return model


def publish_into(path: Path, pairs: PairSet, customers: int, candidates: int) -> list[str]:
    """Publish made-up customers with this many candidates each; returns their ids."""
    ids = [f"customer-{number}" for number in range(customers)]
    description = CandidateInfo(
        fingerprint=pairs.fingerprint,
        item_level=pairs.cross_sell.item_level,
        horizon_days=pairs.cross_sell.horizon_days,
        new_after_days=pairs.cross_sell.new_after_days,
        pair_names=tuple(feature.name for feature in pairs.pair),
        item_names=tuple(feature.name for feature in pairs.item),
        customer_names=tuple(feature.name for feature in pairs.customer),
        customers=customers,
    )
    info = StoreInfo("made-up", _AS_OF, _AS_OF, ("spend_all",), customers, _DEFINITION, description)
    popular = {"": [PopularItem(place, 0.5) for place in range(20)]}
    content = CandidateRows(_items(pairs), _rows(ids, pairs, candidates), popular)
    publish_sqlite(path, info, ((name, True, np.ones(1)) for name in ids), content)
    return ids


def _items(pairs: PairSet) -> list[StoredItem]:
    names = pairs.names[len(pairs.pair) : -len(pairs.customer)]
    values = np.abs(np.random.default_rng(3).normal(size=(CATALOGUE, len(names)))) * 10
    return [
        StoredItem(f"ITEM {place}", f"Item {place}", f"category {place % 300}", row)
        for place, row in enumerate(values)
    ]


def _rows(ids: list[str], pairs: PairSet, candidates: int) -> Iterator[tuple[str, StoredCandidates]]:
    for seed, name in enumerate(ids):
        random = np.random.default_rng(seed)
        rows = made_up_rows(pairs.names, candidates, seed)
        yield (
            name,
            StoredCandidates(
                items=random.permutation(CATALOGUE)[:candidates].astype(np.int32),
                because=random.integers(-1, CATALOGUE, candidates).astype(np.int32),
                pairs=rows[:, : len(pairs.pair)],
                customer=rows[0, -len(pairs.customer) :],
                segment="",
            ),
        )
