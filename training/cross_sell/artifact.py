"""The cross-sell artifact: the folder of files that training leaves and serving reads. The format is the contract.

`docs/artifact.md` says what stands in each file.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from features.pairs import PairSet
from training.arrays import Floats
from training.artifact import SCHEMA, listed, quantile_rows, unknown_row, write_folder
from training.config import CrossSellConfig
from training.cross_sell.model import CrossSellModel
from training.cross_sell.score import REPEAT

GOLDEN_ROWS = 10
"""Golden rows of each kind."""

UNHEARD_OF = "a category of no item"
POPULATION = "Customers with a purchase before the moment, and the items that any source proposes for them."


@dataclass(frozen=True)
class Golden:
    """Rows that no customer has, with the probabilities that whoever serves the model has to reproduce."""

    rows: Floats
    """(n, k) features, NaN for unknown."""
    parents: tuple[str, ...]
    """The category of each row's item; some of them no model has heard of."""
    probabilities: Floats
    """(n,)"""


@dataclass(frozen=True)
class FinalModel:
    """The model that serves, with what the artifact says beside it."""

    model: CrossSellModel
    labelled_through: datetime
    """End of the newest label that it has learnt from."""
    golden: Golden


def golden_rows(model: CrossSellModel, rows: Floats) -> Golden:
    """Quantiles of the repeat purchases among `rows` (n, k), of the new ones, and a row of which nothing is known.

    Categories take turns, one that no item has among them.
    """
    again = rows[:, model.names.index(REPEAT)] > 0
    kinds = [rows[chosen] for chosen in (again, ~again) if chosen.any()]
    made_up = np.vstack([*(quantile_rows(kind, GOLDEN_ROWS) for kind in kinds), unknown_row(rows.shape[1])])
    parents = tuple(islice(cycle([*sorted(model.shrinkage.rates), UNHEARD_OF]), len(made_up)))
    return Golden(made_up, parents, model.probability(made_up, np.array(parents)))


def write_artifact(
    folder: Path, final: FinalModel, pairs: PairSet, currency: str, config: CrossSellConfig
) -> Path:
    """Write the artifact into a new folder and return the folder; every file is named in `checksums.json`."""
    golden = {
        "rows": listed(final.golden.rows),
        "parents": final.golden.parents,
        "probabilities": final.golden.probabilities.tolist(),
    }
    description = {**_description(final, pairs, config), "currency": currency}
    return write_folder(folder, final.model.score.booster, description, pairs.describe(), golden)


def definition_in_words(pairs: PairSet) -> str:
    """What is foretold, as a sentence."""
    declared = pairs.cross_sell
    return (
        f"The probability that a customer buys an item (a {declared.item_level}) within the "
        f"{declared.horizon_days} days from the moment on. An item that the customer has not bought in the "
        f"{declared.new_after_days} days before is new to them, every other is a repeat purchase."
    )


def _description(final: FinalModel, pairs: PairSet, config: CrossSellConfig) -> Mapping[str, Any]:
    model, declared = final.model, pairs.cross_sell
    shrinkage = model.shrinkage
    return {
        "schema": SCHEMA,
        "kind": "cross_sell",
        "features": list(model.names),
        "fingerprint": pairs.fingerprint,
        "item_level": declared.item_level,
        "horizon_days": declared.horizon_days,
        "new_after_days": declared.new_after_days,
        "labelled_through": final.labelled_through.isoformat(),
        "population": POPULATION,
        "linear": {"repeat": model.score.repeat.as_json(), "new": model.score.new.as_json()},
        "calibration": {"repeat": asdict(model.repeat), "new": asdict(model.new)},
        "shrinkage": {
            "strength": shrinkage.strength,
            "priors": {parent: asdict(rates) for parent, rates in shrinkage.rates.items()},
            "default": asdict(shrinkage.default),
        },
        "evidence": {
            "min_item_customers": config.min_item_customers,
            "min_visit_days": config.min_visit_days,
        },
    }
