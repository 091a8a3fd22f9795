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
    bought = sum(int(label.sum()) for _values, label, _item in blocks)
    missed = sum(len(label) for _values, label, _item in blocks) - bought
    share = min(1.0, max(most - bought, bought, 1) / max(1, missed))
    random = np.random.default_rng(int(period.snapshot.as_of.timestamp()))
    drawn = [_drawn(*block, share, random) for block in blocks]
    values, labels, items = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    weight = np.where(labels > 0, 1.0, 1.0 / share)
    return Examples(period.snapshot.as_of, values, labels, weight, period.parents(parents)[items], share)


_Block = tuple[NDArray[np.float32], Floats, NDArray[np.int32]]
"""Features, labels and items of some candidates."""


def _labelled(period: Period, rows: PairRows) -> _Block:
    return rows.values.astype(np.float32), period.bought(rows), rows.item


def _drawn(
    values: NDArray[np.float32],
    label: Floats,
    item: NDArray[np.int32],
    share: float,
    random: np.random.Generator,
) -> _Block:
    kept = (label > 0) | (random.random(len(label)) < share)
    return values[kept], label[kept], item[kept]
