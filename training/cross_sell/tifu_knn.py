"""TIFU-kNN: what a customer bought lately and often, blended with the same of the most similar customers.

Hu, He, Gao and Zhang (2020), Modeling personalized item frequency information for next-basket recommendation,
SIGIR. The strongest simple method for next baskets, once it is tuned: its published parameters give the
neighbours much more weight than grocery data bear.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.errors import InputError
from features.interactions import Interactions
from features.lists import best_items
from training.arrays import Floats
from training.cross_sell.baselines import Scorer


@dataclass(frozen=True)
class TifuKnn:
    """The method with its parameters.

    Baskets stand in groups of `group_size`, counted from the newest. A customer's vector holds, by item, the
    mean over groups of the mean over a group's baskets of: 1 if the basket has the item, times `basket_decay`
    for each newer basket in its group, times `group_decay` for each newer group. The oldest group may have
    fewer baskets, and is the mean over those. A score is `own_share` of the customer's own vector and the rest
    of the mean of the `neighbours` vectors nearest to it by Euclidean distance.

    Neighbours are looked for among `references` customers, drawn by a fixed seed where there are more, so that
    the time per customer does not grow with the number of customers.
    """

    own_share: float = 0.7
    neighbours: int = 100
    group_size: int = 7
    basket_decay: float = 0.95
    group_decay: float = 0.8
    references: int = 2500

    def fit(self, past: Interactions) -> Scorer:
        """Compute every customer's vector and choose the references."""
        vectors = self.vectors(past)
        peers = _drawn(vectors.shape[0], self.references)
        reference = vectors[peers]
        squares = np.asarray(reference.power(2).sum(axis=1))

        def score(rows: NDArray[np.integer[Any]]) -> Floats:
            own = vectors[rows]
            # The customer's own square is the same for every reference, and changes no order.
            nearness = 2 * (own @ reference.T).toarray() - squares
            nearest = best_items(nearness, rows[:, np.newaxis] != peers, self.neighbours)
            return self.own_share * own.toarray() + (1 - self.own_share) * _mean(nearest, reference)

        return score

    def vectors(self, past: Interactions) -> csr_array:
        """(customers, items) what each customer bought, the newer the heavier."""
        baskets = past.baskets[past.customer]
        group, place = np.divmod(past.basket, self.group_size)
        in_group = np.minimum(self.group_size, baskets - group * self.group_size)
        groups = -(-baskets // self.group_size)
        return past.sums(self.basket_decay**place / in_group * self.group_decay**group / groups)


PUBLISHED = (
    TifuKnn(own_share=0.9, neighbours=900, group_size=3, basket_decay=0.9, group_decay=0.7),
    TifuKnn(own_share=0.7, neighbours=300, group_size=7, basket_decay=0.9, group_decay=0.7),
    TifuKnn(own_share=0.2, neighbours=900, group_size=3, basket_decay=0.9, group_decay=0.6),
    TifuKnn(own_share=0.7, neighbours=300, group_size=7, basket_decay=1.0, group_decay=0.6),
)
"""The authors' parameters for Instacart, Ta-Feng, Dunnhumby and ValuedShopper."""

Grid = Mapping[str, Sequence[float]]
"""Values to try by name of the parameter."""

GRID: Grid = MappingProxyType(
    {
        "own_share": (0.5, 0.7, 0.8, 0.9, 0.95),
        "group_decay": (0.6, 0.7, 0.8, 0.9, 1.0),
        "group_size": (3, 7, 15),
        "basket_decay": (0.9, 0.95, 1.0),
        "neighbours": (50, 100, 300, 900),
    }
)
"""From the published values to slow decays and little from the neighbours."""


def tune(
    past: Interactions,
    metric: Callable[[Scorer], float],
    grid: Grid = GRID,
    starts: Sequence[TifuKnn] = (TifuKnn(), *PUBLISHED),
) -> TifuKnn:
    """Choose the parameters with the highest `metric` of what they score after learning from `past`.

    The metric looks at a validation period that follows `past` and ends before the test. From the best of
    `starts` one parameter after another moves to the best of its values in `grid`, then the first one again:
    at most 25 fits by default. Of equals the earlier one stays. Raises `InputError` for a metric that is not
    finite.
    """
    measured: dict[TifuKnn, float] = {}

    def best(candidates: Sequence[TifuKnn]) -> TifuKnn:
        for candidate in candidates:
            if candidate not in measured:
                measured[candidate] = _finite(metric(candidate.fit(past)))
        return max(candidates, key=measured.__getitem__)

    chosen = best(starts)
    for name in [*grid, *list(grid)[:1]]:
        chosen = best([chosen, *(_changed(chosen, name, value) for value in grid[name])])
    return chosen


def _changed(parameters: TifuKnn, name: str, value: float) -> TifuKnn:
    return replace(parameters, **{name: value})  # type: ignore[arg-type]  # counts in a grid are whole


def _finite(value: float) -> float:
    if not np.isfinite(value):
        message = f"TIFU-kNN is tuned by a metric that is {value}; choose a validation period with purchases."
        raise InputError(message)
    return value


def _drawn(customers: int, most: int) -> NDArray[np.int64]:
    """Codes of all customers, or of `most` of them by a fixed seed; rising."""
    if customers <= most:
        return np.arange(customers)
    return np.sort(np.random.default_rng(0).choice(customers, most, replace=False))


def _mean(nearest: NDArray[np.int32], reference: csr_array) -> Floats:
    """Mean (b, items) of the rows of `reference` that each row of `nearest` (b, k) lists, 0 where it is empty."""
    row, place = np.nonzero(nearest >= 0)
    share = np.zeros((len(nearest), reference.shape[0]))
    share[row, nearest[row, place]] = 1 / np.bincount(row, minlength=len(nearest))[row]
    return np.asarray((reference.T @ share.T).T)
