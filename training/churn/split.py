"""Which rows train and which test: time decides, and labels never overlap; without time, chance does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from features.errors import InputError
from features.labels import LABEL
from features.stack import AS_OF

Mask = NDArray[np.bool_]
_FOLDS_OF_NEWEST = 5


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to test on; `origin` is the moment of the test rows, None for a fold."""

    origin: datetime | None
    train: Mask
    test: Mask


def backtest_splits(stacked: pd.DataFrame, horizon: timedelta | None, origins: int) -> list[Split]:
    """The newest non-overlapping horizons, oldest first, each with all rows that were labelled by then.

    Without a horizon, that many random folds with the same share of churners. Raises `InputError` when the
    oldest origin would have nothing to train on.
    """
    if horizon is None:
        return list(_folds(stacked, origins))
    moments = stacked[AS_OF]
    newest = moments.max()
    splits = [_before(moments, newest - number * horizon, horizon) for number in reversed(range(origins))]
    if not splits[0].train.any() or not all(split.test.any() for split in splits):
        needed = (origins + 1) * horizon.days
        raise InputError(
            f"a backtest over {origins} horizons needs snapshots over {needed} days or more, spaced so that one "
            "falls on each horizon's start: lower [churn] origins, choose every_days as a divisor of "
            "horizon_days, or bring a longer history"
        )
    return splits


def newest_period(stacked: pd.DataFrame, horizon: timedelta | None) -> tuple[Mask, Mask]:
    """Masks of the rows labelled before the newest moment, and of the rows at it.

    Without a horizon, or where the newest moment is the only one that is labelled in full, a random fifth
    stands in for it.
    """
    if horizon is not None:
        split = _before(stacked[AS_OF], stacked[AS_OF].max(), horizon)
        if split.train.any():
            return split.train, split.test
    fold = next(_folds(stacked, _FOLDS_OF_NEWEST))
    return fold.train, fold.test


def _before(moments: pd.Series, origin: pd.Timestamp, horizon: timedelta) -> Split:
    train, test = moments <= origin - horizon, moments == origin
    return Split(origin.to_pydatetime(), train.to_numpy(), test.to_numpy())


def _folds(stacked: pd.DataFrame, count: int) -> Iterator[Split]:
    label = stacked[LABEL].to_numpy()
    folds = StratifiedKFold(count, shuffle=True, random_state=0).split(label, label)
    for _train, chosen in folds:
        test = np.zeros(len(label), dtype=bool)
        test[chosen] = True
        yield Split(None, ~test, test)
