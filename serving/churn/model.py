"""The churn model in the service: scores and exact contributions of numpy rows, in one thread.

The formula: trees and a linear share over signed logs of the features, blended in log-odds, then calibrated.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.wording import say
from serving.artifact import FeatureWords, ModelError
from serving.churn.artifact import Artifact, Description, read_artifact

Floats = NDArray[np.float64]
Band = Literal["high", "medium", "low"]

GOLDEN_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Contributions:
    """Log-odds, shapes (n,) and (n, k): `base + of_features.sum(axis=1)` is that of the probability."""

    base: Floats
    of_features: Floats


class ChurnModel:
    """Scores rows of features: float64, NaN for unknown, shape (n, k), ordered as `description.features`."""

    def __init__(self, artifact: Artifact, booster: lightgbm.Booster) -> None:
        linear = artifact.description.linear
        self.description: Description = artifact.description
        self.features: tuple[FeatureWords, ...] = artifact.features
        self._booster = booster
        self._coefficients = np.array(linear.coefficients)
        self._center = np.array(linear.center)
        self._scale = np.array(linear.scale)

    def probabilities(self, rows: Floats) -> Floats:
        """Calibrated probabilities of churn, shape (n,)."""
        blend, calibration = self.description.blend, self.description.calibration
        linear = self.description.linear.intercept + self._linear_terms(rows).sum(axis=1)
        log_odds = blend * self._predict(rows) + (1 - blend) * linear
        return cast(
            "Floats", np.exp(-np.logaddexp(0, -(calibration.slope * log_odds + calibration.intercept)))
        )

    def contributions(self, rows: Floats) -> Contributions:
        """What each feature adds to the log-odds of each row: exact, not sampled."""
        blend, calibration = self.description.blend, self.description.calibration
        trees = self._predict(rows, contributions=True)
        base = blend * trees[:, -1] + (1 - blend) * self.description.linear.intercept
        of_features = blend * trees[:, :-1] + (1 - blend) * self._linear_terms(rows)
        return Contributions(
            calibration.slope * base + calibration.intercept, calibration.slope * of_features
        )

    def band(self, probability: float) -> Band:
        """The band that a probability falls into."""
        bands = self.description.bands
        if probability >= bands.high:
            return "high"
        return "medium" if probability >= bands.medium else "low"

    def _linear_terms(self, rows: Floats) -> Floats:
        signed_logs = np.sign(rows) * np.log1p(np.abs(rows))
        standard = (signed_logs - self._center) / self._scale
        return cast("Floats", self._coefficients * np.nan_to_num(standard, nan=0.0))

    def _predict(self, rows: Floats, *, contributions: bool = False) -> Floats:
        options = {"pred_contrib": True} if contributions else {"raw_score": True}
        return cast("Floats", self._booster.predict(rows, num_threads=1, **options))


def load_model(folder: Path) -> ChurnModel:
    """Load a verified model and prove on its golden rows that it scores here as it did in training.

    Raises `ModelError` when a file is altered, parts contradict each other, or a golden row scores otherwise.
    """
    artifact = read_artifact(folder)
    model = ChurnModel(artifact, _booster(artifact, folder))
    _prove(model, artifact, folder)
    _require_words(model, folder)
    return model


def _booster(artifact: Artifact, folder: Path) -> lightgbm.Booster:
    try:
        booster = lightgbm.Booster(model_str=artifact.booster)
    except lightgbm.basic.LightGBMError as fault:
        raise ModelError(f"LightGBM cannot read booster.txt in {folder}: {fault}") from fault
    if booster.feature_name() != artifact.description.features:
        raise ModelError(f"booster.txt in {folder} has other features, or in another order, than model.json")
    return booster


def _prove(model: ChurnModel, artifact: Artifact, folder: Path) -> None:
    rows = np.array(artifact.golden.rows, dtype=np.float64)
    scored, reasons = model.probabilities(rows), model.contributions(rows)
    explained = np.exp(-np.logaddexp(0, -(reasons.base + reasons.of_features.sum(axis=1))))
    for probabilities in (scored, explained):
        if not np.allclose(probabilities, artifact.golden.probabilities, rtol=0, atol=GOLDEN_TOLERANCE):
            raise ModelError(
                f"the model in {folder} does not score its golden rows as in training: train or pull it again"
            )


def _require_words(model: ChurnModel, folder: Path) -> None:
    try:
        for feature in model.features:
            say(feature.words, feature.unit, 0.0, model.description.currency, feature.levels)
    except ValueError as fault:
        raise ModelError(f"features.json in {folder}: {fault}") from fault
