"""The bundles artifact: the folder of files that training leaves and serving reads. The format is the contract.

`docs/artifact.md` says what stands in each file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.artifact import SCHEMA, seal, write_json
from training.bundles.backtest import best_suggestions
from training.bundles.mined import Mined
from training.bundles.ranking import FLOOR, Ranking
from training.bundles.relations import Relation
from training.config import BundlesConfig

POPULATION = (
    "Baskets with items of the level; an empty one gets what most baskets, or the customer's own, hold."
)
LONGEST = 3
"""Items of the longest antecedent that the format has room for."""

RULE = np.dtype(
    [
        ("antecedent", "<i4", (LONGEST,)),
        ("consequent", "<i4"),
        ("count", "<i8"),
        ("antecedent_count", "<i8"),
        *((name, "<f8") for name in ("lift_low", "lift_high", "p_value", "q_value", "adjusted_lift")),
        ("relation", "<i1"),
        ("explained", "?"),
    ]
)
"""One rule as `rules.npy` has it; -1 fills the antecedent."""

RELATIONS = (Relation.INDEPENDENT, Relation.COMPLEMENT, Relation.SUBSTITUTE)
"""What a code of `relation` means."""

_GOLDEN_BASKETS, _GOLDEN_LISTED = 12, 10


@dataclass(frozen=True)
class ItemWords:
    """How an item is called, and its category, by id; an item that no table names is called by its id."""

    names: Mapping[str, str]
    parents: Mapping[str, str]


@dataclass(frozen=True)
class FinalModel:
    """The mined baskets that serve, with what the artifact says beside them."""

    mined: Mined
    words: ItemWords
    margin: NDArray[np.float64]
    """(items,) in the currency; NaN for unknown."""
    item_level: str
    currency: str
    fingerprint: str
    learned_from: datetime
    learned_through: datetime


def write_artifact(folder: Path, final: FinalModel, config: BundlesConfig) -> Path:
    """Write the artifact into a new folder and return the folder; every file is named in `checksums.json`."""
    folder.mkdir(parents=True)
    mined = final.mined
    write_json(folder / "model.json", _description(final, config))
    write_json(folder / "items.json", _items(final))
    write_json(folder / "golden.json", golden(mined))
    np.save(folder / "weights.npy", mined.ranking.associations.weights, allow_pickle=False)
    np.save(folder / "rules.npy", rule_rows(mined), allow_pickle=False)
    first, second = mined.barred.nonzero()
    pairs = np.column_stack([first, second])[first < second].astype("<i4")
    np.save(folder / "substitutes.npy", pairs[np.lexsort(pairs.T[::-1])], allow_pickle=False)
    return seal(folder)


def rule_rows(mined: Mined) -> NDArray[np.void]:
    """All rules, as `RULE`."""
    table = mined.rules
    rows = np.zeros(len(table), dtype=RULE)
    rows["antecedent"] = -1
    for place, antecedent in enumerate(table["antecedent"]):
        rows["antecedent"][place, : len(antecedent)] = np.searchsorted(mined.baskets.items, antecedent)
    rows["consequent"] = np.searchsorted(mined.baskets.items, table["consequent"].to_numpy(dtype=np.str_))
    rows["relation"] = pd.Index(RELATIONS).get_indexer(pd.Index(table["relation"]))
    for name in set(RULE.names or ()) - {"antecedent", "consequent", "relation"}:
        rows[name] = table[name].to_numpy()
    return rows


def golden(mined: Mined) -> dict[str, Any]:
    """Made-up baskets with what is suggested for them, customers unknown: what whoever serves has to reproduce."""
    size = len(mined.baskets.items)
    random = np.random.default_rng(0)
    made_up = [
        np.sort(random.permutation(size)[: number % (min(size, 6))]) for number in range(_GOLDEN_BASKETS)
    ]
    starts = np.cumsum([0, *map(len, made_up)])
    held = csr_array((np.ones(starts[-1]), np.concatenate(made_up), starts), shape=(len(made_up), size))
    top, probability = best_suggestions(mined, held, np.full(held.shape, np.nan), _GOLDEN_LISTED)
    shown = [int((row >= 0).sum()) for row in top]
    return {
        "baskets": [basket.tolist() for basket in made_up],
        "items": [row[:count].tolist() for row, count in zip(top, shown, strict=True)],
        "probabilities": [row[:count].tolist() for row, count in zip(probability, shown, strict=True)],
    }


def _description(final: FinalModel, config: BundlesConfig) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": "bundles",
        "fingerprint": final.fingerprint,
        "item_level": final.item_level,
        "baskets": final.mined.baskets.table.shape[0],
        "learned_from": final.learned_from.isoformat(),
        "learned_through": final.learned_through.isoformat(),
        "currency": final.currency,
        "population": POPULATION,
        "score": _score(final.mined.ranking),
        "evidence": {"max_q_value": config.max_q_value, "min_count": config.min_count},
    }


def _score(ranking: Ranking) -> dict[str, Any]:
    return {
        "habit": ranking.habit,
        "floor": FLOOR,
        "known": ranking.known,
        "unknown": ranking.unknown,
    }


def _items(final: FinalModel) -> list[dict[str, Any]]:
    baskets = final.mined.baskets
    return [
        {
            "id": item,
            "name": final.words.names.get(item, item),
            "parent": final.words.parents.get(item, ""),
            "count": int(count),
            "margin": None if np.isnan(margin) else float(margin),
        }
        for item, count, margin in zip(baskets.items.tolist(), baskets.counts, final.margin, strict=True)
    ]
