"""The registered bundle model: suggests what to add to baskets from the artifact alone.

MLflow stores this file and runs it by path. It reads the artifact on its own, so a version loads and scores
years later whatever this repository has become.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext
from numpy.typing import NDArray

ARTIFACT = "bundles"
BASKET, SUGGESTIONS = "basket", "suggestions"
LISTED = 10


class BundlesPyfunc(PythonModel):
    """`predict` takes a frame with one column `basket`: JSON texts, each a list of item ids.

    It gives one column `suggestions`: JSON texts, each a list of the ten likeliest items to add, with `item_id`
    and `probability`. What is in a basket or replaces something in it is not suggested; unknown items are ignored;
    an empty basket gets what is popular.
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Verify every checksum, then read the artifact. Raises `ValueError` for an altered file."""
        folder = Path(context.artifacts[ARTIFACT])
        for name, expected in json.loads((folder / "checksums.json").read_text()).items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise ValueError(
                    f"{name} of the bundle model was altered after training: log the model again"
                )
        self.description: dict[str, Any] = json.loads((folder / "model.json").read_text())
        items: list[dict[str, Any]] = json.loads((folder / "items.json").read_text())
        self.ids: list[str] = [item["id"] for item in items]
        self.codes = {item: code for code, item in enumerate(self.ids)}
        self.popularity = np.array([item["count"] for item in items]) / self.description["baskets"]
        self.weights: NDArray[np.float32] = np.load(folder / "weights.npy", allow_pickle=False)
        pairs: NDArray[np.int32] = np.load(folder / "substitutes.npy", allow_pickle=False)
        self.substitutes = np.vstack([pairs, pairs[:, ::-1]])

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow gives it by this name
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow gives it by this name
    ) -> pd.DataFrame:
        """Suggestions for each row. Raises `ValueError` for a basket that is no list of ids."""
        answers = [json.dumps(self.suggest(_items(text))) for text in model_input[BASKET].tolist()]
        return pd.DataFrame({SUGGESTIONS: answers}, index=model_input.index)

    def suggest(self, basket: Sequence[str]) -> list[dict[str, Any]]:
        """The likeliest items to add, best first; ties in the artifact's order."""
        held = np.array(sorted({self.codes[item] for item in basket if item in self.codes}), dtype=np.intp)
        given, other = self.substitutes.T
        barred = np.concatenate([held, other[np.isin(given, held)]])
        score, probability = self.score(held), self.probability(held)
        order = np.argsort(-score, kind="stable")
        best = order[~np.isin(order, barred)][:LISTED].tolist()
        return [{"item_id": self.ids[code], "probability": float(probability[code])} for code in best]

    def score(self, held: NDArray[np.intp]) -> NDArray[np.float64]:
        """Of each item (items,) beside a basket of codes: what its items add up to, or what is popular."""
        if not len(held):
            return np.asarray(self.popularity)
        return np.asarray(self.weights[held].sum(axis=0, dtype=np.float64))

    def probability(self, held: NDArray[np.intp]) -> NDArray[np.float64]:
        """That an item (items,) is the one which a basket of codes lacks, whoever the customer is."""
        numbers = self.description["score"]
        powers = np.maximum(self.score(held), numbers["floor"]) ** numbers["unknown"]
        powers[held] = 0.0
        return np.asarray(powers / max(powers.sum(), np.finfo(np.float64).tiny))


def _items(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError) as fault:
        raise ValueError(f"a basket is a JSON list of item ids, and {text!r} is no JSON") from fault
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ValueError(f"a basket is a JSON list of item ids, and {text!r} is none")
    return found


mlflow.models.set_model(BundlesPyfunc())
