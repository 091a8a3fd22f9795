"""The cross-sell model in the service: probabilities of numpy rows, in one thread.

The formula: trees on top of a linear model, which is one for what is bought again and one for what is new; each
of the two is calibrated apart, then shrunk to the rate of the item's category by how few have bought the item.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from serving.cross_sell.artifact import (
    ITEM_CUSTOMERS,
    REPEAT,
    VISIT_DAYS,
    CrossSellArtifact,
    Description,
    Rates,
    read_artifact,
)
from serving.scoring.arrays import Flags, Floats, logistic
from serving.scoring.artifact import FeatureWords
from serving.scoring.booster import Booster, require_golden, require_words
from serving.scoring.linear import Linear


class CrossSellModel:
    """Scores rows of (customer, item) features: float64, NaN for unknown, shape (n, k), ordered as described."""

    def __init__(self, artifact: CrossSellArtifact, booster: Booster) -> None:
        described = artifact.description
        calibration, shrinkage = described.calibration, described.shrinkage
        self.description: Description = described
        self.features: tuple[FeatureWords, ...] = artifact.features
        self._booster = booster
        self._linear = Linear(described.linear.new), Linear(described.linear.repeat)
        self._repeat, self._customers, self._visit_days = map(
            described.features.index, (REPEAT, ITEM_CUSTOMERS, VISIT_DAYS)
        )
        self._slope = np.array([calibration.new.slope, calibration.repeat.slope])
        self._intercept = np.array([calibration.new.intercept, calibration.repeat.intercept])
        self._place = {parent: place for place, parent in enumerate(shrinkage.priors, start=1)}
        self._priors = np.array([_pair(shrinkage.default), *map(_pair, shrinkage.priors.values())])

    def probabilities(self, rows: Floats, parents: Sequence[str]) -> Floats:
        """Calibrated probabilities of a purchase within the horizon, shape (n,); `parents` as in the store.

        An item of whose buyers nothing is known has the rate of its category.
        """
        again = self.repeats(rows)
        kind = again.astype(np.intp)
        own = logistic(self._slope[kind] * self._log_odds(rows, again) + self._intercept[kind])
        prior = self._priors[[self._place.get(parent, 0) for parent in parents], kind]
        buyers, strength = np.nan_to_num(rows[:, self._customers]), self.description.shrinkage.strength
        shrunk: Floats = (buyers * own + strength * prior) / (buyers + strength)
        return shrunk

    def _log_odds(self, rows: Floats, again: Flags) -> Floats:
        log_odds = self._booster.raw(rows)
        for linear, kind in zip(self._linear, (~again, again), strict=True):
            if kind.any():
                log_odds[kind] += linear.log_odds(rows[kind])
        return log_odds

    def repeats(self, rows: Floats) -> Flags:
        """Which rows are purchases again, shape (n,); the others are new to their customer."""
        again: Flags = rows[:, self._repeat] == 1
        return again

    def mature(self, rows: Floats) -> Flags:
        """Which rows rest on enough buyers of the item and enough visits of the customer, shape (n,)."""
        least = self.description.evidence
        enough: Flags = (rows[:, self._customers] >= least.min_item_customers) & (
            rows[:, self._visit_days] >= least.min_visit_days
        )
        return enough


def load_model(folder: Path) -> CrossSellModel:
    """Load a verified model and prove on its golden rows that it scores here as it did in training.

    Raises `ModelError` when a file is altered, parts contradict each other, or a golden row scores otherwise.
    """
    artifact = read_artifact(folder)
    golden = artifact.golden
    model = CrossSellModel(artifact, Booster(artifact.booster, artifact.description.features, folder))
    rows = np.array(golden.rows, dtype=np.float64)
    require_golden(model.probabilities(rows, golden.parents), golden.probabilities, folder)
    require_words(model.features, model.description.currency, folder)
    return model


def _pair(rates: Rates) -> tuple[float, float]:
    """In the order of a flag: new, repeat."""
    return rates.new, rates.repeat
