"""Log-odds of a purchase before calibration: a linear model a kind, and trees for what these leave unexplained.

Dozens of features each say a little about a pair. Adding them up is what a linear model does well and what trees,
which ask of one feature at a time, need many splits for; bends and interactions are what trees find. So the trees
are boosted from the linear models' log-odds on, and few small ones are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.config import CrossSellConfig
from training.cross_sell.examples import Examples
from training.linear import Linear, fit_linear
from training.trees import Labelled, fit_trees

REPEAT, NEW = "repeat", "new"
"""Kinds of purchases; the first is also the feature that says which of them a row is."""

LINEAR_ROWS = 300_000
"""Rows of a kind that its linear model is fitted on, at most: more would not move one coefficient a feature."""

Rows = NDArray[np.float32] | Floats
"""(n, k) features, NaN for unknown."""


@dataclass(frozen=True)
class Score:
    """Log-odds of a purchase; rows are (n, k) in the order of `names`."""

    names: tuple[str, ...]
    repeat: Linear
    new: Linear
    booster: lightgbm.Booster

    def again(self, rows: Rows) -> NDArray[np.bool_]:
        """(n,) which rows are repeat purchases; the others are new to their customers."""
        return np.asarray(rows[:, self.names.index(REPEAT)] == 1)

    def log_odds(self, rows: Rows) -> Floats:
        """Uncalibrated log-odds (n,)."""
        trees = np.asarray(self.booster.predict(rows, raw_score=True))
        return trees + _linear(rows, self.again(rows), self.repeat, self.new)

    def contributions(self, rows: Rows) -> Floats:
        """What each feature adds to the log-odds, exactly: (n, k)."""
        trees = np.asarray(self.booster.predict(rows, pred_contrib=True))[:, :-1]
        again = self.again(rows)[:, np.newaxis]
        return trees + np.where(again, self.repeat.terms(rows), self.new.terms(rows))


def fit_score(examples: Sequence[Examples], names: Sequence[str], config: CrossSellConfig) -> Score:
    """Fit on the examples of several moments."""
    rows, label, weight = (
        np.concatenate([getattr(each, part) for each in examples]) for part in ("rows", "label", "weight")
    )
    again = rows[:, list(names).index(REPEAT)] == 1
    repeat, new = (_fit_kind(rows, label, weight, kind, config) for kind in (again, ~again))
    data = Labelled(rows, label, weight, _linear(rows, again, repeat, new))
    return Score(tuple(names), repeat, new, fit_trees(data, names, config.trees))


def _fit_kind(
    rows: NDArray[np.float32],
    label: Floats,
    weight: Floats,
    kind: NDArray[np.bool_],
    config: CrossSellConfig,
) -> Linear:
    chosen = np.flatnonzero(kind)
    chosen = chosen[:: max(1, -(-len(chosen) // LINEAR_ROWS))]
    return fit_linear(rows[chosen], label[chosen], config.linear_penalty, weight[chosen])


def _linear(rows: Rows, again: NDArray[np.bool_], repeat: Linear, new: Linear) -> Floats:
    """(n,) the log-odds of each row's linear model."""
    found = np.empty(len(rows))
    found[again], found[~again] = repeat.log_odds(rows[again]), new.log_odds(rows[~again])
    return found
