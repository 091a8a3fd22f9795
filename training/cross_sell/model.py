"""The cross-sell model: trees over features of a customer and an item, calibrated for repeat and new purchases.

One model serves both kinds: it ranks new items as well as a model of new items alone, and learns from many more
purchases. What differs between the kinds is drift, so each has a calibration of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import lightgbm
import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.calibration import Calibration, fit_calibration
from training.config import CrossSellConfig
from training.cross_sell.examples import Examples
from training.trees import fit_trees

REPEAT, NEW = "repeat", "new"
"""Kinds of purchases; the first is also the feature that says which of them a row is."""

EVIDENCE = "item_customers"
"""Feature that counts the customers who have bought the item: how much is known of it."""

_UNCALIBRATED = Calibration(1.0, 0.0)


@dataclass(frozen=True)
class Rates:
    """Share of candidates that are bought within the horizon, by kind."""

    repeat: float
    new: float

    def of(self, repeat: NDArray[np.bool_]) -> Floats:
        """(n,) the rate of each row's kind."""
        return np.where(repeat, self.repeat, self.new)


@dataclass(frozen=True)
class Shrinkage:
    """What items with little evidence borrow from: the rates of their categories.

    A probability q of an item that n customers have bought becomes `(n q + strength rate) / (n + strength)`: the
    mean of a Beta distribution with the category's rate as its prior.
    """

    strength: float
    rates: Mapping[str, Rates]
    default: Rates

    def shrunk(
        self, probability: Floats, evidence: Floats, repeat: NDArray[np.bool_], parent: NDArray[np.str_]
    ) -> Floats:
        """Probabilities (n,) drawn towards the rates of their categories; all arguments are (n,)."""
        prior = np.empty(len(probability))
        for name in np.unique(parent):
            rows = parent == name
            prior[rows] = self.rates.get(str(name), self.default).of(repeat[rows])
        return (evidence * probability + self.strength * prior) / (evidence + self.strength)


@dataclass(frozen=True)
class CrossSellModel:
    """Probability that a customer buys an item within the horizon. Rows are (n, k) in the order of `names`."""

    names: tuple[str, ...]
    booster: lightgbm.Booster
    repeat: Calibration
    new: Calibration
    shrinkage: Shrinkage

    def probability(self, rows: Floats, parent: NDArray[np.str_]) -> Floats:
        """Calibrated, shrunk probability (n,) of candidates, whose items are of the categories `parent` (n,)."""
        again = rows[:, self.names.index(REPEAT)] == 1
        log_odds = np.asarray(self.booster.predict(rows, raw_score=True))
        q = np.where(again, self.repeat.probability(log_odds), self.new.probability(log_odds))
        evidence = np.nan_to_num(rows[:, self.names.index(EVIDENCE)])
        return self.shrinkage.shrunk(q, evidence, again, parent)


def fit_cross_sell(
    examples: Sequence[Examples], names: Sequence[str], horizon: timedelta, config: CrossSellConfig
) -> CrossSellModel:
    """Fit on the examples of several moments, oldest first, using only what they hold.

    The newest moment calibrates, with trees that have seen no label of it: those of the moments whose horizon had
    ended by then, or of all older ones where none had; without any nothing is calibrated. Then the trees are
    fitted again on everything.
    """
    newest = examples[-1]
    known = [each for each in examples[:-1] if each.as_of + horizon <= newest.as_of] or list(examples[:-1])
    if not known:
        return _model(examples, names, config, _UNCALIBRATED, _UNCALIBRATED)
    trial = _trees(known, names, config)
    log_odds = np.asarray(trial.predict(newest.rows, raw_score=True))
    again = newest.rows[:, list(names).index(REPEAT)] > 0
    repeat, new = (_calibration(log_odds, newest, kind, config) for kind in (again, ~again))
    return _model(examples, names, config, repeat, new)


def _model(
    examples: Sequence[Examples],
    names: Sequence[str],
    config: CrossSellConfig,
    repeat: Calibration,
    new: Calibration,
) -> CrossSellModel:
    trees, rates = _trees(examples, names, config), shrinkage(examples, names, config.shrinkage)
    return CrossSellModel(tuple(names), trees, repeat, new, rates)


def shrinkage(examples: Sequence[Examples], names: Sequence[str], strength: float) -> Shrinkage:
    """The rates of all categories, from weighted examples."""
    label, weight = (
        np.concatenate(parts) for parts in zip(*((e.label, e.weight) for e in examples), strict=True)
    )
    again = np.concatenate([e.rows[:, list(names).index(REPEAT)] > 0 for e in examples])
    parents, place = np.unique(np.concatenate([e.parent for e in examples]), return_inverse=True)
    default = Rates(_rate(label, weight, again), _rate(label, weight, ~again))
    by_kind = [
        _rates(place, weight * label * kind, weight * kind, overall, strength)
        for kind, overall in ((again, default.repeat), (~again, default.new))
    ]
    found = {
        str(name): Rates(float(old), float(new)) for name, old, new in zip(parents, *by_kind, strict=True)
    }
    return Shrinkage(strength, found, default)


def _rate(label: Floats, weight: Floats, chosen: NDArray[np.bool_]) -> float:
    return float((weight * label)[chosen].sum() / max(1.0, weight[chosen].sum()))


def _rates(
    place: NDArray[np.intp], bought: Floats, offered: Floats, overall: float, strength: float
) -> Floats:
    """(parents,) purchase rates, themselves drawn towards the overall one."""
    total = np.bincount(place, offered)
    return np.asarray((np.bincount(place, bought) + strength * overall) / (total + strength))


def _trees(examples: Sequence[Examples], names: Sequence[str], config: CrossSellConfig) -> lightgbm.Booster:
    rows = np.concatenate([each.rows for each in examples])
    label, weight = (
        np.concatenate([getattr(each, part) for each in examples]) for part in ("label", "weight")
    )
    return fit_trees(rows, label, names, config.trees, weight)


def _calibration(
    log_odds: Floats, examples: Examples, kind: NDArray[np.bool_], config: CrossSellConfig
) -> Calibration:
    """None of one kind, all alike, or an order that did not hold leaves the log-odds as they are."""
    label = examples.label[kind]
    if not 0 < label.sum() < len(label):
        return _UNCALIBRATED
    found = fit_calibration(log_odds[kind], label, config.calibration_ridge, examples.weight[kind])
    return found if found.slope > 0 else _UNCALIBRATED
