"""The churn model in the service: scores and exact contributions of numpy rows, in one thread.

The formula: trees and a linear share over signed logs of the features, blended in log-odds, then calibrated.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from serving.churn.artifact import ChurnArtifact, Description, read_artifact
from serving.scoring.arrays import Floats, logistic
from serving.scoring.artifact import FeatureWords
from serving.scoring.booster import Booster, require_golden, require_words
from serving.scoring.linear import Linear

Band = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Contributions:
    """Log-odds, shapes (n,) and (n, k): `base + of_features.sum(axis=1)` is that of the probability."""

    base: Floats
    of_features: Floats


class ChurnModel:
    """Scores rows of features: float64, NaN for unknown, shape (n, k), ordered as `description.features`."""

    def __init__(self, artifact: ChurnArtifact, booster: Booster) -> None:
        self.description: Description = artifact.description
        self.features: tuple[FeatureWords, ...] = artifact.features
        self._booster = booster
        self._linear = Linear(artifact.description.linear)

    def probabilities(self, rows: Floats) -> Floats:
        """Calibrated probabilities of churn, shape (n,)."""
        blend, calibration = self.description.blend, self.description.calibration
        log_odds = blend * self._booster.raw(rows) + (1 - blend) * self._linear.log_odds(rows)
        return logistic(calibration.slope * log_odds + calibration.intercept)

    def contributions(self, rows: Floats) -> Contributions:
        """What each feature adds to the log-odds of each row: exact, not sampled."""
        blend, calibration = self.description.blend, self.description.calibration
        trees = self._booster.contributions(rows)
        base = blend * trees[:, -1] + (1 - blend) * self._linear.intercept
        of_features = blend * trees[:, :-1] + (1 - blend) * self._linear.terms(rows)
        return Contributions(
            calibration.slope * base + calibration.intercept, calibration.slope * of_features
        )

    def band(self, probability: float) -> Band:
        """The band that a probability falls into."""
        bands = self.description.bands
        if probability >= bands.high:
            return "high"
        return "medium" if probability >= bands.medium else "low"


def load_model(folder: Path) -> ChurnModel:
    """Load a verified model and prove on its golden rows that it scores here as it did in training.

    Raises `ModelError` when a file is altered, parts contradict each other, or a golden row scores otherwise.
    """
    artifact = read_artifact(folder)
    model = ChurnModel(artifact, Booster(artifact.booster, artifact.description.features, folder))
    rows = np.array(artifact.golden.rows, dtype=np.float64)
    reasons = model.contributions(rows)
    explained = logistic(reasons.base + reasons.of_features.sum(axis=1))
    for scored in (model.probabilities(rows), explained):
        require_golden(scored, artifact.golden.probabilities, folder)
    require_words(model.features, model.description.currency, folder)
    return model
