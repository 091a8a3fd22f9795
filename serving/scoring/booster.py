"""LightGBM at the edge of every model: read from verified text, proven, one thread."""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import lightgbm
import numpy as np

from features.wording import say
from serving.scoring.arrays import Floats
from serving.scoring.artifact import FeatureWords, ModelError
from serving.scoring.single_row import proven_single_row

GOLDEN_TOLERANCE = 1e-9
_LEAVES = "leaf_value="
_NO_NUMBER = ("nan", "inf")


class Booster:
    """Trees over rows of features: float64, NaN for unknown, shape (n, k), in the order of `names`.

    Raises `ModelError` when LightGBM cannot read the text, a leaf has no number, or the trees were trained on
    other features.
    """

    def __init__(self, text: str, names: list[str], folder: Path) -> None:
        if _has_leaf_without_number(text):
            raise ModelError(f"booster.txt in {folder} has a leaf without a number: train the model again")
        try:
            self._trees = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as fault:
            raise ModelError(f"LightGBM cannot read booster.txt in {folder}: {fault}") from fault
        if self._trees.feature_name() != names:
            raise ModelError(
                f"booster.txt in {folder} has other features, or in another order, than model.json"
            )
        self._single = proven_single_row(self._trees, len(names))

    def raw(self, rows: Floats) -> Floats:
        """Log-odds of the trees, shape (n,)."""
        if self._single is not None and len(rows) == 1:
            return np.array([self._single.raw(np.ascontiguousarray(rows[0], dtype=np.float64))])
        return cast("Floats", self._trees.predict(rows, raw_score=True, num_threads=1))

    def contributions(self, rows: Floats) -> Floats:
        """What each feature adds to the log-odds, and the base last: exact (TreeSHAP), shape (n, k + 1)."""
        return cast("Floats", self._trees.predict(rows, pred_contrib=True, num_threads=1))


def _has_leaf_without_number(text: str) -> bool:
    """Golden rows may never reach such a leaf, and a customer might."""
    leaves = (line for line in text.lower().splitlines() if line.startswith(_LEAVES))
    return any(word in line for line in leaves for word in _NO_NUMBER)


def require_golden(scored: Floats, golden: list[float], folder: Path) -> None:
    """Raise `ModelError` unless the golden rows score here as they did in training."""
    if not np.allclose(scored, golden, rtol=0, atol=GOLDEN_TOLERANCE):
        raise ModelError(
            f"the model in {folder} does not score its golden rows as in training: train or pull it again"
        )


def require_words(features: Iterable[FeatureWords], currency: str, folder: Path) -> None:
    """Raise `ModelError` unless every feature can be said."""
    try:
        for feature in features:
            say(feature.words, feature.unit, 0.0, currency, feature.levels)
    except ValueError as fault:
        raise ModelError(f"features.json in {folder}: {fault}") from fault
