"""How often suggestions find an item that was hidden from a later basket, against simple ways to find it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.baskets import Baskets
from features.errors import InputError
from features.interactions import Codes
from features.lists import Lists, best_items
from training.arrays import Floats
from training.averages import Origin, replicate
from training.bundles.baselines import BASELINES
from training.bundles.hidden import Hidden, hide_one
from training.bundles.mined import Mined
from training.bundles.ranking import known_shares, own_shares
from training.config import BundlesConfig
from training.intervals import Replicates

MODEL, WITHOUT_CUSTOMER = "model", "model_without_customer"
LISTED = 10
LENGTHS = (5, LISTED)
PROBABILITY = "probability"
_TIE = 1e-9


@dataclass(frozen=True)
class Judged:
    """n later baskets with one item hidden, and what everybody suggested."""

    customers: NDArray[np.str_]
    """(n,) whose baskets they are."""
    hidden: Hidden
    lists: Mapping[str, Lists]
    """(n, 10) by model, best first."""
    probability: Floats
    """(n,) what the model says that its list holds of the hidden item."""
    replicates: Replicates
    """By model and metric, over resamples of customers; `PROBABILITY` as above."""

    @property
    def coverage(self) -> dict[str, float]:
        """By model the share of the items that are in any of its lists."""
        items = self.hidden.held.shape[1]
        return {name: len(np.setdiff1d(top, [-1])) / items for name, top in self.lists.items()}


def judge(mined: Mined, later: Baskets, config: BundlesConfig) -> Judged:
    """Hold the suggestions of what was mined against `later` baskets of the same items, and those of baselines.

    Customers without a mined basket have no own shares.
    """
    hidden = hide_one(later, config.test_baskets)
    if not len(hidden.item):
        raise InputError(
            f"suggestions are judged on baskets of the newest {config.test_days} days, and none of them has three "
            "items that were mined: bring a longer history, choose a finer item_level, or change test_days of "
            "[bundles] in the configuration"
        )
    names = later.customers[hidden.customer]
    own = _own(mined.baskets, names)
    top, probability = best_suggestions(mined, hidden.held, own, LISTED)
    without, _ = best_suggestions(mined, hidden.held, np.full_like(own, np.nan), LISTED)
    lists = {
        MODEL: top,
        WITHOUT_CUSTOMER: without,
        **_of_baselines(mined.together, hidden.held, own),
    }
    found = {
        (name, metric): values
        for name, top in lists.items()
        for metric, values in _metrics(top, hidden.item).items()
    }
    found[MODEL, PROBABILITY] = probability.sum(axis=1)
    return Judged(names, hidden, lists, probability.sum(axis=1), replicate([Origin(names, found)]))


def best_suggestions(mined: Mined, held: csr_array, own: Floats, k: int) -> tuple[Lists, Floats]:
    """Lists (n, k) for baskets `held` (n, items) with own shares (n, items), and the probability of each item.

    The likeliest items that a basket does not hold, and no substitute of what it holds; 0 where a list is shorter.
    """
    ranking = mined.ranking
    score = ranking.score(held, own)
    top = _listed(score, held + held @ mined.barred, k)
    probability = np.take_along_axis(ranking.probability(held, own), np.maximum(top, 0), axis=1)
    return top, probability * (top >= 0)


def _metrics(top: Lists, hidden: Codes) -> dict[str, Floats]:
    """By name, (n,): 1.0 where the item is among the first k, and 1 over its place if so."""
    hit = top == hidden[:, np.newaxis]
    place = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1.0, np.inf)
    return {
        **{f"hit_rate_at_{k}": (place <= k).astype(np.float64) for k in LENGTHS},
        **{f"mrr_at_{k}": np.where(place <= k, 1.0 / place, 0.0) for k in LENGTHS},
    }


def _of_baselines(together: NDArray[np.int64], held: csr_array, own: Floats) -> dict[str, Lists]:
    """Of equal scores the more popular item comes first."""
    popular = np.diag(together) / (1.0 + np.diag(together).max(initial=0))
    return {
        name: _listed(score(together, held, own) + _TIE * popular, held, LISTED)
        for name, score in BASELINES.items()
    }


def _listed(scores: Floats, excluded: csr_array, k: int) -> Lists:
    return best_items(scores, excluded.toarray() == 0, k)


def _own(mined: Baskets, customers: NDArray[np.str_]) -> Floats:
    """(n, items) own shares of customers by id."""
    place = np.minimum(np.searchsorted(mined.customers, customers), len(mined.customers) - 1)
    own = known_shares(own_shares(mined), place)
    own[mined.customers[place] != customers] = np.nan
    return own
