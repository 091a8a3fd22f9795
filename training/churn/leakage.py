"""Features that know the answer: too good to be true, and refused before anything is fitted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from features.check import MIN_CHURNERS
from features.errors import InputError
from features.labels import LABEL
from training.arrays import Floats

TOO_GOOD = 0.98
"""A single feature that ranks churners this well (AUC, either way round) was written down after the fact."""


def refuse_leakage(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise `InputError` when one feature alone separates churners from stayers; it names all such features.

    A frame without churners or without stayers has nothing to separate and passes.
    """
    label = frame[LABEL].to_numpy()
    if not 0 < label.sum() < len(label):
        return
    leaking = [name for name in names if _separation(frame[name].to_numpy(), label) > TOO_GOOD]
    if leaking:
        raise InputError(
            f"{', '.join(leaking)}: each alone tells churners from stayers (AUC over {TOO_GOOD}), so it was "
            "written down after the fact; leave the column out of the dataset or give its value from before "
            "the moment"
        )


def refuse_thin_evidence(frame: pd.DataFrame) -> None:
    """Raise `InputError` when there are too few churners or stayers to learn from."""
    churners = int(frame[LABEL].sum())
    stayers = len(frame) - churners
    if min(churners, stayers) < MIN_CHURNERS:
        raise InputError(
            f"{churners} churners and {stayers} stayers are too few to learn from ({MIN_CHURNERS} of each are "
            "the least): bring a longer history or widen the churn definition; `python -m features check` "
            "shows what each gives"
        )


def _separation(values: Floats, label: Floats) -> float:
    """AUC of one feature, the better way round; an unknown value counts as a value of its own."""
    known = np.isfinite(values)
    return max(_auc(np.where(known, values, low), label) for low in (-np.inf, np.inf))


def _auc(score: Floats, label: Floats) -> float:
    ranks, churners = rankdata(score), label.sum()
    area = (ranks[label == 1].sum() - churners * (churners + 1) / 2) / (churners * (len(label) - churners))
    return float(max(area, 1 - area))
