"""The registered churn model: scores frames of features from the artifact alone.

MLflow stores this file and runs it by path. It reads the artifact on its own, so a version loads and scores
years later whatever this repository has become.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext
from numpy.typing import NDArray

ARTIFACT = "churn"
PROBABILITY = "probability"


class ChurnPyfunc(PythonModel):
    """`predict` takes a frame with the model's feature columns and gives one column, `probability`."""

    def load_context(self, context: PythonModelContext) -> None:
        """Verify every checksum, then read the artifact. Raises `ValueError` for an altered file."""
        folder = Path(context.artifacts[ARTIFACT])
        for name, expected in json.loads((folder / "checksums.json").read_text()).items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise ValueError(f"{name} of the churn model was altered after training: log the model again")
        self.description: dict[str, Any] = json.loads((folder / "model.json").read_text())
        self.booster = lightgbm.Booster(model_str=(folder / "booster.txt").read_text())

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow gives it by this name
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow gives it by this name
    ) -> pd.DataFrame:
        """Calibrated churn probability of each row; further columns of the frame are ignored."""
        rows = model_input[self.description["features"]].to_numpy(dtype=np.float64)
        return pd.DataFrame({PROBABILITY: self.score(rows)}, index=model_input.index)

    def score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (n,) of rows (n, k) in the model's own order of features: no frame, no overhead."""
        linear, calibration = self.description["linear"], self.description["calibration"]
        logs = np.sign(rows) * np.log1p(np.abs(rows))
        standardised = np.nan_to_num((logs - linear["center"]) / linear["scale"], nan=0.0)
        smooth = linear["intercept"] + standardised @ np.asarray(linear["coefficients"])
        share = self.description["blend"]
        trees = np.asarray(self.booster.predict(rows, raw_score=True))
        log_odds = calibration["slope"] * (share * trees + (1 - share) * smooth) + calibration["intercept"]
        return np.asarray(1 / (1 + np.exp(-log_odds)))


mlflow.models.set_model(ChurnPyfunc())
