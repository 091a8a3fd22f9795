"""The rolling-origin backtest: model and baselines, judged on periods that none of them had seen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from features.columns import Column
from features.labels import LABEL
from training.arrays import Floats
from training.churn.baselines import Baseline
from training.churn.bootstrap import Origin, replicate
from training.churn.model import ChurnModel, matrix
from training.churn.split import Split
from training.intervals import Replicates

MODEL = "model"
TREES = "trees_only"
LINEAR = "linear_only"

Fit = Callable[[pd.DataFrame], ChurnModel]
"""Fits the model on labelled, stacked snapshots."""

Progress = Callable[[Sequence[Split]], Iterable[Split]]
"""Wraps the splits to show how far the work is."""


@dataclass(frozen=True)
class Backtest:
    """What everybody said about every test period, and how right they were.

    `starts` are the origins (empty for folds of a label without time), `origins` the predictions behind
    `replicates`, `newest` the model of the last period with its test rows in `newest_rows`.
    """

    starts: tuple[datetime, ...]
    origins: tuple[Origin, ...]
    replicates: Replicates
    newest: ChurnModel
    newest_rows: Floats

    @property
    def rivals(self) -> list[str]:
        """Baselines by name, in the order of the report."""
        scored = [*self.origins[0].probabilities, *self.origins[0].ranks]
        return [name for name in scored if name not in {MODEL, TREES, LINEAR}]


def run_backtest(
    stacked: pd.DataFrame,
    splits: Sequence[Split],
    fit: Fit,
    rivals: Mapping[str, Baseline],
    progress: Progress = iter,
) -> Backtest:
    """Fit and judge the model and its rivals at every split, each on what was known and labelled by then."""
    judged = [_judge(stacked, split, fit, rivals) for split in progress(splits)]
    origins = tuple(origin for _model, origin in judged)
    newest = judged[-1][0]
    starts = tuple(split.origin for split in splits if split.origin is not None)
    rows = matrix(stacked[splits[-1].test], newest.names)
    return Backtest(starts, origins, replicate(origins), newest, rows)


def _judge(
    stacked: pd.DataFrame, split: Split, fit: Fit, rivals: Mapping[str, Baseline]
) -> tuple[ChurnModel, Origin]:
    train, test = stacked[split.train], stacked[split.test]
    model = fit(train)
    rows = matrix(test, model.names)
    scores = {name: rival.fit(train, train[LABEL])(test) for name, rival in rivals.items()}
    probabilities = {
        MODEL: model.probability(rows),
        **{name: score for name, score in scores.items() if rivals[name].calibrated},
    }
    ranks = {
        TREES: np.asarray(model.booster.predict(rows, raw_score=True)),
        LINEAR: model.linear.log_odds(rows),
        **{name: score for name, score in scores.items() if not rivals[name].calibrated},
    }
    return model, Origin(test[Column.CUSTOMER].to_numpy(), test[LABEL].to_numpy(), probabilities, ranks)
