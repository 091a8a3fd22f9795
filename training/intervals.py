"""How sure a measured metric is: intervals from a bootstrap over customers, paired across models.

A backtest tests models at several origins, and most customers return at each of them. A resample therefore
draws customers with replacement and takes all rows of a drawn customer at every origin, for every model
alike: what the models share cancels in their differences and ratios.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats

RESAMPLES = 500


@dataclass(frozen=True)
class Interval:
    """A measured value with its standard error and 95 % interval."""

    estimate: float
    low: float
    high: float
    standard_error: float

    def as_json(self) -> dict[str, float | None]:
        """Its four values by name; what is no number is None."""
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}


Measured = Mapping[str, Mapping[str, Interval]]
"""Metrics by name of each model by name."""


def told(measured: Measured) -> dict[str, dict[str, dict[str, float | None]]]:
    """All of them for JSON."""
    return {
        name: {metric: interval.as_json() for metric, interval in values.items()}
        for name, values in measured.items()
    }


def logged(measured: Measured, model: str) -> dict[str, float]:
    """Flat names for the experiment tracker: the metrics of `model` bare, everybody else's under their name.

    Each comes with its standard error; what is no number is left out.
    """
    flat = {}
    for name, values in measured.items():
        prefix = "" if name == model else f"{name}."
        for metric, interval in values.items():
            flat[f"{prefix}{metric}"] = interval.estimate
            flat[f"{prefix}{metric}_se"] = interval.standard_error
    return {name: value for name, value in flat.items() if math.isfinite(value)}


@dataclass(frozen=True)
class Replicates:
    """Every metric of every model at every origin, as measured and in each resample."""

    measured: Mapping[tuple[str, str], Floats]
    """(origins,) by (model, metric)."""
    resampled: Mapping[tuple[str, str], Floats]
    """(resamples, origins) by (model, metric); the same resamples for all."""

    def at(self, origin: int, model: str, metric: str) -> Interval:
        """Return the metric at one origin, counted from 0."""
        key = model, metric
        return _interval(self.measured[key][origin], self.resampled[key][:, origin])

    def mean(self, model: str, metric: str) -> Interval:
        """Average the metric over origins, each weighing the same."""
        key = model, metric
        return _interval(self.measured[key].mean(), self.resampled[key].mean(axis=1))

    def difference(self, model: str, other: str, metric: str) -> Interval:
        """Average over origins the metric of `model` minus that of `other`, paired by resample."""
        first, second = (model, metric), (other, metric)
        drawn = self.resampled[first] - self.resampled[second]
        return _interval((self.measured[first] - self.measured[second]).mean(), drawn.mean(axis=1))

    def ratio(self, model: str, other: str, metric: str) -> Interval:
        """Divide the mean over origins of `model` by that of `other`, paired by resample.

        Where `other` is 0, as measured or in any resample, there is no ratio: all four values are NaN.
        """
        first, second = (model, metric), (other, metric)
        below = self.resampled[second].mean(axis=1)
        if self.measured[second].mean() == 0 or (below == 0).any():
            return Interval(np.nan, np.nan, np.nan, np.nan)
        estimate = self.measured[first].mean() / self.measured[second].mean()
        return _interval(estimate, self.resampled[first].mean(axis=1) / below)


def draws(customers: Sequence[NDArray[Any]], resamples: int, seed: int) -> list[Floats]:
    """How often each row of each origin counts in each resample, (resamples, n) for the n rows of an origin.

    `customers` holds the customer ids (n,) of each origin; a customer is drawn together at all of them. The
    same seed and the same rows in any order give the same resamples.
    """
    ends = np.cumsum([len(ids) for ids in customers])[:-1]
    distinct, position = np.unique(np.concatenate(customers), return_inverse=True)
    evenly = np.full(len(distinct), 1 / len(distinct))
    drawn = np.random.default_rng(seed).multinomial(len(distinct), evenly, size=resamples).astype(float)
    return [drawn[:, rows] for rows in np.split(position, ends)]


def _interval(estimate: float, drawn: Floats) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(float(estimate), float(low), float(high), float(drawn.std(ddof=1)))
