"""The cross-sell model: a score of a customer and an item, calibrated for repeat and new purchases, then shrunk.

The kinds drift apart, so each has a calibration of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.calibration import Calibration, fit_calibration
from training.config import CrossSellConfig
from training.cross_sell.examples import Examples
from training.cross_sell.score import REPEAT, Score, fit_score

EVIDENCE = "item_customers"
"""Feature that counts the customers who have bought the item: how much is known of it."""

_UNCHANGED = Calibration(1.0, 0.0)
_UNCALIBRATED = (_UNCHANGED, _UNCHANGED)


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

    score: Score
    repeat: Calibration
    new: Calibration
    shrinkage: Shrinkage

    @property
    def names(self) -> tuple[str, ...]:
        """The features, in order."""
        return self.score.names

    def probability(self, rows: Floats, parent: NDArray[np.str_]) -> Floats:
        """Calibrated, shrunk probability (n,) of candidates, whose items are of the categories `parent` (n,)."""
        again, log_odds = self.score.again(rows), self.score.log_odds(rows)
        q = np.where(again, self.repeat.probability(log_odds), self.new.probability(log_odds))
        evidence = np.nan_to_num(rows[:, self.names.index(EVIDENCE)])
        return self.shrinkage.shrunk(q, evidence, again, parent)


def fit_cross_sell(
    examples: Sequence[Examples], names: Sequence[str], horizon: timedelta, config: CrossSellConfig
) -> CrossSellModel:
    """Fit on the examples of several moments, oldest first, using only what they hold.

    The newest moment calibrates, with a score that has seen no label of it: those of the moments whose horizon had
    ended by then, or of all older ones where none had; without any nothing is calibrated. Then the score is
    fitted again on everything.
    """
    newest = examples[-1]
    known = [each for each in examples[:-1] if each.as_of + horizon <= newest.as_of] or list(examples[:-1])
    lines = _calibrations(fit_score(known, names, config), newest, config) if known else _UNCALIBRATED
    rates = shrinkage(examples, names, config.shrinkage)
    return CrossSellModel(fit_score(examples, names, config), *lines, rates)


def _calibrations(trial: Score, newest: Examples, config: CrossSellConfig) -> tuple[Calibration, Calibration]:
    """Of repeat purchases and of new ones."""
    again, log_odds = trial.again(newest.rows), trial.log_odds(newest.rows)
    return _calibration(log_odds, newest, again, config), _calibration(log_odds, newest, ~again, config)


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


def _calibration(
    log_odds: Floats, examples: Examples, kind: NDArray[np.bool_], config: CrossSellConfig
) -> Calibration:
    """None of one kind, all alike, or an order that did not hold leaves the log-odds as they are."""
    label = examples.label[kind]
    if not 0 < label.sum() < len(label):
        return _UNCHANGED
    found = fit_calibration(log_odds[kind], label, config.calibration_ridge, examples.weight[kind])
    return found if found.slope > 0 else _UNCHANGED
