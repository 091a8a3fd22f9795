"""How sure the metrics of churn models are: each recomputed on the same resamples of the customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from training.arrays import Floats
from training.churn.metrics import METRICS, RANK_METRICS, Metric, Tally, probability_tally, tally
from training.intervals import RESAMPLES, Replicates, draws

Values = dict[tuple[str, str], Floats]
"""Arrays by (model, metric)."""

CHUNK = 25
"""Resamples worked on at once: so few that they stay in the processor's cache."""


@dataclass(frozen=True)
class Origin:
    """One test period of a backtest, n rows: what happened, and what every model had said."""

    customer: NDArray[Any]
    """(n,) customer ids; a customer is drawn together at all origins."""
    label: NDArray[Any]
    """(n,) 1 for churners, 0 for stayers."""
    probabilities: Mapping[str, Floats]
    """Churn probabilities (n,) by model: judged by every metric."""
    ranks: Mapping[str, Floats]
    """Scores (n,) by model that only rank, higher for likelier churners: judged by the rank metrics."""


def replicate(origins: Sequence[Origin], resamples: int = RESAMPLES, seed: int = 0) -> Replicates:
    """Measure every model at every origin on all customers and on resamples of them.

    The same seed and the same rows in any order give the same result. Resamples that leave an origin with
    churners only or stayers only are left out. Raises `InputError` as `metrics.tally` does, when origins do
    not have the same models, and when fewer than two resamples have both classes.
    """
    _check_models(origins)
    counts = _customer_counts(origins, resamples, seed)
    ones = [np.ones((1, len(origin.label))) for origin in origins]
    measured = _over_origins(zip(origins, ones, strict=True))
    resampled = _over_origins(zip(origins, counts, strict=True))
    return Replicates({key: values[0] for key, values in measured.items()}, resampled)


def _check_models(origins: Sequence[Origin]) -> None:
    models = {(frozenset(origin.probabilities), frozenset(origin.ranks)) for origin in origins}
    if len(models) != 1:
        message = (
            "A backtest needs one origin or more, and the same models at each; score all models everywhere."
        )
        raise InputError(message)


def _customer_counts(origins: Sequence[Origin], resamples: int, seed: int) -> list[Floats]:
    """How often each row of each origin counts in each resample, (resamples kept, n) per origin."""
    counts = draws([origin.customer for origin in origins], resamples, seed)
    both = np.all(list(map(_both_classes, origins, counts)), axis=0)
    if both.sum() <= 1:
        message = (
            "Hardly any resample of these customers has both churners and stayers at each origin; "
            "choose a wider period or a churn definition with more of both."
        )
        raise InputError(message)
    return [count[both] for count in counts]


def _both_classes(origin: Origin, count: Floats) -> NDArray[np.bool_]:
    churned = count @ np.asarray(origin.label, dtype=float)
    return np.asarray((churned > 0) & (churned < count.sum(axis=1)))


def _over_origins(weighted: Iterable[tuple[Origin, Floats]]) -> Values:
    parts = list(starmap(_all_models, weighted))
    return {key: np.column_stack([part[key] for part in parts]) for key in parts[0]}


def _all_models(origin: Origin, weight: Floats) -> Values:
    chunks = np.array_split(weight, -(-len(weight) // CHUNK))
    values: Values = {}
    for model, probability in origin.probabilities.items():
        tallies = [probability_tally(origin.label, probability, chunk) for chunk in chunks]
        values.update(_all_metrics(model, METRICS, tallies))
    for model, score in origin.ranks.items():
        tallies = [tally(origin.label, score, chunk) for chunk in chunks]
        values.update(_all_metrics(model, RANK_METRICS, tallies))
    return values


def _all_metrics(model: str, metrics: dict[str, Metric], tallies: list[Tally]) -> Values:
    return {(model, name): np.concatenate([metric(t) for t in tallies]) for name, metric in metrics.items()}
