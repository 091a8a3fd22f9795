"""The registered cross-sell model: scores frames of customers' candidates from the artifact alone.

MLflow stores this file and runs it by path. It reads the artifact on its own, so a version loads and scores
years later whatever this repository has become.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext
from numpy.typing import NDArray

ARTIFACT = "cross_sell"
CATEGORY = "category"
PROBABILITY, KIND, GROUNDS = "probability", "kind", "evidence"


class CrossSellPyfunc(PythonModel):
    """`predict` takes a frame with the model's feature columns and the category of each item as text.

    It gives three columns: `probability` of a purchase within the horizon, `kind` (repeat or new) and `evidence`
    (mature or thin).
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Verify every checksum, then read the artifact. Raises `ValueError` for an altered file."""
        folder = Path(context.artifacts[ARTIFACT])
        for name, expected in json.loads((folder / "checksums.json").read_text()).items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise ValueError(
                    f"{name} of the cross-sell model was altered after training: log the model again"
                )
        self.description: dict[str, Any] = json.loads((folder / "model.json").read_text())
        self.booster = lightgbm.Booster(model_str=(folder / "booster.txt").read_text())

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow gives it by this name
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow gives it by this name
    ) -> pd.DataFrame:
        """Calibrated probability, kind and evidence of each row; further columns of the frame are ignored."""
        rows = model_input[self.description["features"]].to_numpy(dtype=np.float64)
        answer = {
            PROBABILITY: self.score(rows, model_input[CATEGORY].tolist()),
            KIND: np.where(self._of(rows, "repeat") == 1, "repeat", "new"),
            GROUNDS: np.where(self.mature(rows), "mature", "thin"),
        }
        return pd.DataFrame(answer, index=model_input.index)

    def score(self, rows: NDArray[np.float64], categories: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities (n,) of rows (n, k) in the model's own order of features: no frame, no overhead."""
        again = self._of(rows, "repeat") == 1
        linear = np.where(again, self._linear(rows, "repeat"), self._linear(rows, "new"))
        raw = np.asarray(self.booster.predict(rows, raw_score=True)) + linear
        own = np.where(again, self._calibrated(raw, "repeat"), self._calibrated(raw, "new"))
        buyers, strength = (
            np.nan_to_num(self._of(rows, "item_customers")),
            self.description["shrinkage"]["strength"],
        )
        return np.asarray((buyers * own + strength * self._priors(again, categories)) / (buyers + strength))

    def mature(self, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows (n, k) rest on enough buyers of the item and enough visits of the customer, (n,)."""
        least = self.description["evidence"]
        enough = self._of(rows, "item_customers") >= least["min_item_customers"]
        return np.asarray(enough & (self._of(rows, "visit_days_all") >= least["min_visit_days"]))

    def _of(self, rows: NDArray[np.float64], feature: str) -> NDArray[np.float64]:
        return rows[:, self.description["features"].index(feature)]

    def _linear(self, rows: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
        part = self.description["linear"][kind]
        logs = np.sign(rows) * np.log1p(np.abs(rows))
        standard = np.nan_to_num((logs - part["center"]) / part["scale"], nan=0.0)
        return np.asarray(part["intercept"] + standard @ part["coefficients"])

    def _calibrated(self, raw: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
        line = self.description["calibration"][kind]
        return np.asarray(1 / (1 + np.exp(-(line["slope"] * raw + line["intercept"]))))

    def _priors(self, again: NDArray[np.bool_], categories: Sequence[str]) -> NDArray[np.float64]:
        shrinkage = self.description["shrinkage"]
        rates = [shrinkage["priors"].get(category, shrinkage["default"]) for category in categories]
        return np.array(
            [rate["repeat" if repeat else "new"] for rate, repeat in zip(rates, again.tolist(), strict=True)]
        )


mlflow.models.set_model(CrossSellPyfunc())
