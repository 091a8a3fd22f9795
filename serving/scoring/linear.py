"""The linear part of a model: its numbers as they lie in an artifact, and its terms of numpy rows."""

from typing import cast

import numpy as np

from serving.scoring.arrays import Floats
from serving.scoring.artifact import Part


class LinearPart(Part):
    """A linear model over signed logs of the features; one entry a feature, no scale is 0."""

    intercept: float
    coefficients: list[float]
    center: list[float]
    scale: list[float]

    def require_width(self, width: int) -> None:
        """Raise `ValueError` unless this part scores rows of `width` features."""
        if {len(self.coefficients), len(self.center), len(self.scale)} != {width} or 0 in self.scale:
            raise ValueError(
                "a linear part needs one coefficient, one center and one scale (not 0) a feature"
            )


class Linear:
    """Scores rows of features: float64, NaN for unknown, shape (n, k)."""

    def __init__(self, part: LinearPart) -> None:
        self.intercept = part.intercept
        self._coefficients = np.array(part.coefficients)
        self._center = np.array(part.center)
        self._scale = np.array(part.scale)

    def terms(self, rows: Floats) -> Floats:
        """What each feature adds to the log-odds, shape (n, k); an unknown value adds nothing."""
        return cast("Floats", self._coefficients * self._standardised(rows))

    def log_odds(self, rows: Floats) -> Floats:
        """Log-odds, shape (n,); a row's are the same to the last bit whichever rows stand beside it."""
        return cast("Floats", self.intercept + self.terms(rows).sum(axis=1))

    def _standardised(self, rows: Floats) -> Floats:
        logs = np.copysign(np.log1p(np.abs(rows)), rows)
        standard = (logs - self._center) / self._scale
        standard[np.isnan(standard)] = 0.0
        return cast("Floats", standard)
