"""The churn artifact: the folder of files that training leaves and serving reads. The format is the contract.

`booster.txt`, `model.json`, `features.json`, `golden.json` and `checksums.json`; `docs/artifact.md` says what
stands in each.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from features.dataset import Dataset
from features.feature_set import FeatureSet
from training.arrays import Floats
from training.artifact import SCHEMA, listed, quantile_rows, unknown_row, write_folder
from training.churn.model import ChurnModel

GOLDEN_ROWS = 20
_HIGH, _MEDIUM = 0.9, 0.7


@dataclass(frozen=True)
class Bands:
    """Least probability of the bands high and medium."""

    high: float
    medium: float


@dataclass(frozen=True)
class FinalModel:
    """The model that serves, with what the artifact says beside it."""

    model: ChurnModel
    labelled_through: datetime | None
    """End of the newest label it has learnt from; None for a label without time."""
    bands: Bands
    golden: Floats
    """(n, k) rows whose probabilities serving has to reproduce."""


def bands(probability: Floats) -> Bands:
    """High is what the riskiest tenth of these customers has, medium what the next fifth has."""
    high, medium = np.quantile(probability, (_HIGH, _MEDIUM))
    return Bands(float(high), float(medium))


def golden_rows(rows: Floats) -> Floats:
    """Rows that no customer has: each feature at evenly spaced quantiles, then all unknown.

    Serving scores them at every load to prove that it computes what training computed.
    """
    return np.vstack([quantile_rows(rows, GOLDEN_ROWS), unknown_row(rows.shape[1])])


def write_artifact(folder: Path, final: FinalModel, dataset: Dataset, features: FeatureSet) -> Path:
    """Write the artifact into a new folder and return the folder; every file is named in `checksums.json`."""
    golden = {"rows": listed(final.golden), "probabilities": final.model.probability(final.golden).tolist()}
    description = _description(final, dataset, features)
    return write_folder(folder, final.model.booster, description, features.describe(), golden)


def population_in_words(dataset: Dataset) -> str:
    """Whom the churn definition speaks of, as a sentence."""
    churn = dataset.churn
    if churn.label_column is None:
        return f"Customers who bought within the {churn.active_days} days before the moment."
    return "Customers who have not left yet." if churn.horizon_days else "Everybody in the customers table."


def definition_in_words(dataset: Dataset) -> str:
    """What churn means, as a sentence."""
    churn = dataset.churn
    if churn.label_column is None:
        return f"A customer churns who buys nothing within the {churn.horizon_days} days from the moment on."
    if churn.horizon_days:
        return f"A customer churns who leaves within the {churn.horizon_days} days from the moment on."
    return "A customer churns who is marked as left in the customers table."


def _description(final: FinalModel, dataset: Dataset, features: FeatureSet) -> Mapping[str, Any]:
    model, through = final.model, final.labelled_through
    return {
        "schema": SCHEMA,
        "kind": "churn",
        "features": list(model.names),
        "fingerprint": features.fingerprint,
        "horizon_days": dataset.churn.horizon_days,
        "definition": dataset.churn.model_dump(exclude_none=True),
        "labelled_through": through and through.isoformat(),
        "population": population_in_words(dataset),
        "blend": model.share_of_trees,
        "linear": _linear(model),
        "calibration": asdict(model.calibration),
        "bands": asdict(final.bands),
        "currency": dataset.currency,
    }


def _linear(model: ChurnModel) -> Mapping[str, Any]:
    """The linear share; without any share its coefficients are 0, so that nothing unused is kept."""
    told = model.linear.as_json()
    return told if model.share_of_trees < 1 else {**told, "coefficients": [0.0] * len(model.names)}
