"""How sure the metrics of rankings are: averages over customers, on the same resamples of them for all models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from training.arrays import Floats
from training.intervals import RESAMPLES, Replicates, draws

Key = tuple[str, str]
"""(model, metric)."""


@dataclass(frozen=True)
class Origin:
    """One test period of a backtest, n customers: how well every model had ranked for each of them."""

    customer: NDArray[Any]
    """(n,) customer ids; a customer is drawn together at all origins."""
    values: Mapping[Key, Floats]
    """(n,) by (model, metric): the metric of that customer's list, NaN where there is nothing to find."""


def replicate(origins: Sequence[Origin], resamples: int = RESAMPLES, seed: int = 0) -> Replicates:
    """Average every metric of every model at every origin, over all customers and over resamples of them.

    A customer whose value is NaN takes no part in that average. The same seed and the same rows in any order
    give the same result. Resamples without anybody to average over, for one of the metrics at one of the
    origins, are left out. Raises `InputError` when origins do not have the same models and metrics, when all
    values of a metric at an origin are NaN, and when fewer than two resamples are left.
    """
    keys = _checked_keys(origins)
    measured = np.stack([_means(origin, keys, np.ones((1, len(origin.customer)))) for origin in origins], 1)
    _check_values(keys, measured[0])
    counts = draws([origin.customer for origin in origins], resamples, seed)
    drawn = np.stack([_means(o, keys, count) for o, count in zip(origins, counts, strict=True)], 1)
    complete = drawn[np.isfinite(drawn).all(axis=(1, 2))]
    if len(complete) <= 1:
        message = (
            "Hardly any resample of these customers has something to find for each metric at each origin; "
            "choose a longer horizon, or an item level with more that is bought and more that is not."
        )
        raise InputError(message)
    return Replicates(
        {key: measured[0, :, place] for place, key in enumerate(keys)},
        {key: complete[:, :, place] for place, key in enumerate(keys)},
    )


def _checked_keys(origins: Sequence[Origin]) -> list[Key]:
    if not origins or any(origin.values.keys() != origins[0].values.keys() for origin in origins):
        message = (
            "A backtest needs one origin or more, and the same models and metrics at each; "
            "judge all models everywhere."
        )
        raise InputError(message)
    return list(origins[0].values)


def _check_values(keys: Sequence[Key], measured: Floats) -> None:
    """Demand a value at each origin, (origins, keys)."""
    for origin, place in np.argwhere(np.isnan(measured))[:1]:
        model, metric = keys[place]
        message = (
            f"No customer at origin {origin + 1} of {len(measured)} has anything to find for {metric} "
            f"({model}): all of them have everything already, or buy nothing; choose a longer horizon or a finer "
            "item level."
        )
        raise InputError(message)


def _means(origin: Origin, keys: Sequence[Key], weight: Floats) -> Floats:
    """Weighted averages (r, keys) under r weightings (r, n) of the customers, NaN where none has a value."""
    values = np.column_stack([origin.values[key] for key in keys])
    known = np.isfinite(values)
    total, customers = weight @ np.where(known, values, 0.0), weight @ known.astype(float)
    means = np.full(total.shape, np.nan)
    np.divide(total, customers, out=means, where=customers > 0)
    return means
