"""Figures of the model that are ratios of totals: how right its probabilities are, how much its candidates reach.

Totals are kept by customer, so that a bootstrap over customers knows how sure their ratios are.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, tenths
from training.averages import Key
from training.cross_sell.backtest import MODEL, Judged
from training.cross_sell.periods import KINDS
from training.cross_sell.score import NEW, REPEAT
from training.intervals import Replicates

CALIBRATION_ERROR = "calibration_error"
"""Gap between mean probability and purchase rate, averaged over ten equally large groups of candidates."""

PROBABILITY_SUM = "probability_sum"
"""Sum of the probabilities of all candidates over the purchases among them; 1 is right."""

CANDIDATE_RECALL = "candidate_recall"
"""Purchases among the candidates over all purchases of known items by known customers."""

_GROUPS = 10
_SURPLUS, _CANDIDATES, _EXPECTED, _FOUND, _BOUGHT = "surplus", "candidates", "expected", "found", "bought"


def totals_by_customer(judged: Judged) -> dict[Key, Floats]:
    """(customers,) what `with_totals` needs of one test period, by kind of purchase."""
    chosen = {"all": np.ones(len(judged.label), dtype=bool), REPEAT: judged.repeat, NEW: ~judged.repeat}
    found: dict[str, Floats] = {}
    for kind, rows in chosen.items():
        customer, label, probability = judged.customer[rows], judged.label[rows], judged.probability[rows]
        size = len(judged.customers)
        group = customer * _GROUPS + tenths(probability)
        surplus = _sums(group, probability - label, _GROUPS * size).reshape(size, _GROUPS)
        found |= {f"{_SURPLUS}.{place}.{kind}": surplus[:, place] for place in range(_GROUPS)}
        found[f"{_CANDIDATES}.{kind}"] = _sums(customer, np.ones(len(customer)), size)
        found[f"{_EXPECTED}.{kind}"] = _sums(customer, probability, size)
        found[f"{_FOUND}.{kind}"] = _sums(customer, label, size)
        found[f"{_BOUGHT}.{kind}"] = np.asarray(judged.targets[kind].sum(axis=1), dtype=np.float64)
    return {(MODEL, name): values for name, values in found.items()}


def with_totals(replicates: Replicates) -> Replicates:
    """The ratios that this module names, by `metric.kind`, of replicates of totals."""
    return Replicates(_ratios(replicates.measured), _ratios(replicates.resampled))


def _sums(place: NDArray[np.integer[Any]], values: Floats, size: int) -> Floats:
    """(size,) sums of the values at each place."""
    return np.bincount(place, values, size).astype(np.float64)


def _ratios(total: Mapping[Key, Floats]) -> dict[Key, Floats]:
    found: dict[Key, Floats] = {}
    for kind in KINDS:
        if (MODEL, f"{_FOUND}.{kind}") in total:
            of = {name: total[MODEL, f"{name}.{kind}"] for name in (_CANDIDATES, _EXPECTED, _FOUND, _BOUGHT)}
            gaps = [np.abs(total[MODEL, f"{_SURPLUS}.{place}.{kind}"]) for place in range(_GROUPS)]
            found[MODEL, f"{CALIBRATION_ERROR}.{kind}"] = _over(np.sum(gaps, axis=0), of[_CANDIDATES])
            found[MODEL, f"{PROBABILITY_SUM}.{kind}"] = _over(of[_EXPECTED], of[_FOUND])
            found[MODEL, f"{CANDIDATE_RECALL}.{kind}"] = _over(of[_FOUND], of[_BOUGHT])
    return found


def _over(part: Floats, whole: Floats) -> Floats:
    """The quotients, NaN where there is nothing to divide by."""
    quotients = np.full(part.shape, np.nan)
    np.divide(part, whole, out=quotients, where=whole > 0)
    return quotients
