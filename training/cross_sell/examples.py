"""What the model learns from: candidates of one moment with what became of them, some of the misses drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from features.interactions import Codes
from features.pairs import PairRows
from training.arrays import Floats
from training.cross_sell.periods import Period


@dataclass(frozen=True)
class Examples:
    """n candidates at one moment; weights make up for the ones that were left out."""

    as_of: datetime
    rows: NDArray[np.float32]
    """(n, k) features, as float32: half the memory, and trees only ask which side of a threshold."""
    label: Floats
    """(n,) 1.0 where the customer bought the item within the horizon."""
    weight: Floats
    """(n,) 1 over the share of its like that was kept."""
    parent: NDArray[np.str_]
    """(n,) the item's category."""
    kept: float
    """Share of the candidates that nobody bought which was kept."""


def draw_examples(
    period: Period, parents: Mapping[str, str], most: int, customers: Codes | None = None
) -> Examples:
    """All purchases among the candidates, and of the others as many as `most` rows have room for, or as many.

    `parents` names the categories of items; `customers` are codes of those to take, by default all. The draw
    depends on nothing but the moment, and each row that was left out is made up for by the weight of those that
    stayed: the sum of weights is the number of candidates.
    """
    blocks = [_labelled(period, rows) for rows in period.snapshot.blocks(customers)]
    bought = sum(int(label.sum()) for _rows, label in blocks)
    missed = sum(len(label) for _rows, label in blocks) - bought
    share = min(1.0, max(most - bought, bought, 1) / max(1, missed))
    random = np.random.default_rng(int(period.snapshot.as_of.timestamp()))
    drawn = [_drawn(rows, label, share, random) for rows, label in blocks]
    values, labels, items = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    weight = np.where(labels > 0, 1.0, 1.0 / share)
    return Examples(period.snapshot.as_of, values, labels, weight, period.parents(parents)[items], share)


def _labelled(period: Period, rows: PairRows) -> tuple[PairRows, Floats]:
    return rows, period.bought(rows)


def _drawn(
    rows: PairRows, label: Floats, share: float, random: np.random.Generator
) -> tuple[NDArray[np.float32], Floats, NDArray[np.int32]]:
    kept = (label > 0) | (random.random(len(label)) < share)
    return rows.values[kept].astype(np.float32), label[kept], rows.item[kept]
