"""What belongs into a basket: what its items speak for, and what the customer is used to, as a probability.

The rules are the evidence that is shown; what ranks is a linear model between items (EASE), which knows that two
items of the basket may say the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.special import logsumexp

from features.affinity import item_to_item
from features.baskets import Baskets
from features.errors import InputError
from features.habits import DAYS
from training.arrays import Floats
from training.bundles.counting import pair_counts
from training.bundles.hidden import Hidden, hide_one
from training.config import BundlesConfig

FLOOR = 0.005
"""Least score that counts for a probability: below it no item is likelier than another.

Half a percent of baskets: of the demo's items the likelihood of hidden ones is highest between 0.003 and 0.006.
"""

_LEARNED_BASKETS = 2_000
"""Three numbers are learnt from them; more baskets cost memory and move none."""

_SHARPNESS = (0.05, 20.0)
"""From hardly any difference between items to all on the first."""


@dataclass(frozen=True)
class Associations:
    """What the baskets of a period say of their items."""

    weights: NDArray[np.float32]
    """(items, items) what the row's item in a basket adds to the column's, 0 to itself."""
    popularity: Floats
    """(items,) share of all baskets."""

    def together(self, held: csr_array) -> Floats:
        """(b, items) what the items of baskets `held` (b, items) add up to; an empty one says what is popular."""
        found = np.asarray(held @ self.weights, dtype=np.float64)
        found[np.diff(held.indptr) == 0] = self.popularity
        return found


@dataclass(frozen=True)
class Ranking:
    """Every item's probability of being the one that is missing from a basket.

    The score is `together + habit * own share`. Among the items that the basket does not hold, an item's
    probability is its share of all `max(score, FLOOR) ** sharpness`: a conditional logit (McFadden 1974) over
    logarithms of scores, with one sharpness for customers whose own shares are known and one for all others.
    """

    associations: Associations
    habit: float
    known: float
    unknown: float

    def score(self, held: csr_array, own: Floats) -> Floats:
        """(b, items), higher is likelier, for baskets `held` (b, items) and own shares (b, items), NaN unknown."""
        return self.associations.together(held) + self.habit * np.nan_to_num(own)

    def probability(self, held: csr_array, own: Floats) -> Floats:
        """(b, items) adding up to 1 a basket; 0 for what the basket holds."""
        sharpness = np.where(np.isfinite(own).all(axis=1), self.known, self.unknown)[:, np.newaxis]
        power = np.maximum(self.score(held, own), FLOOR) ** sharpness
        power[held.toarray() > 0] = 0.0
        return np.asarray(power / np.maximum(power.sum(axis=1, keepdims=True), np.finfo(float).tiny))


def fit_ranking(baskets: Baskets, together: NDArray[np.int64], config: BundlesConfig) -> Ranking:
    """Learn to find an item that was hidden from each of the newest baskets, then associate over all of them.

    The associations and own shares that teach are those of the baskets before: nothing that is to be found is in
    them. `together` (items, items) counts the baskets of `baskets` with both, on its diagonal those with one.
    Raises `InputError` when there are no newer or no older baskets.
    """
    newer = baskets.age < config.learned_days
    before, learned = baskets.chosen(np.flatnonzero(~newer)), baskets.chosen(np.flatnonzero(newer))
    hidden = hide_one(learned, _LEARNED_BASKETS)
    if not len(hidden.item) or not before.table.nnz:
        raise InputError(
            f"suggestions are learnt from baskets of the newest {config.learned_days} days and from older ones, "
            "and one of the two has none with three items: bring a longer history, choose a finer item_level, or "
            "change learned_days of [bundles] in the configuration"
        )
    taught = associations(before, together - pair_counts(learned.table), config)
    own = known_shares(own_shares(before, config.learned_days), hidden.customer)
    return _tuned(associations(baskets, together, config), taught.together(hidden.held), own, hidden)


def _tuned(served: Associations, spoken_for: Floats, own: Floats, hidden: Hidden) -> Ranking:
    """With the habit and sharpness that find what is hidden; without anybody known habits say nothing."""
    unknown, known = _sharpness(spoken_for, hidden), np.asarray(np.isfinite(own).all(axis=1))
    if not known.any():
        return Ranking(served, 0.0, unknown, unknown)
    theirs, shares, found = spoken_for[known], own[known], hidden.chosen(known)
    habit = _habit(theirs, shares, found)
    return Ranking(served, habit, _sharpness(theirs + habit * shares, found), unknown)


def associations(baskets: Baskets, together: NDArray[np.int64], config: BundlesConfig) -> Associations:
    """What `together` (items, items), counts of the same baskets, says of them."""
    total = max(1, baskets.table.shape[0])
    weights = item_to_item(together.astype(np.float64), config.item_penalty * total)
    return Associations(weights.astype(np.float32), np.diag(together) / total)


def own_shares(baskets: Baskets, as_of_age: float = 0.0) -> csr_array:
    """(customers, items) the share of each customer's baskets that hold the item.

    Of the last `features.habits.DAYS` days before the moment `as_of_age` days back, as a store keeps them.
    """
    recent = baskets.chosen(np.flatnonzero(baskets.age < as_of_age + DAYS))
    size = len(recent.customers), recent.table.shape[0]
    of_customer = csr_array((np.ones(size[1]), (recent.customer, np.arange(size[1]))), shape=size)
    total = np.maximum(np.bincount(recent.customer, minlength=size[0]), 1)
    shares = csr_array(of_customer @ recent.table)
    shares.data /= np.repeat(total, np.diff(shares.indptr))
    return shares


def known_shares(shares: csr_array, customer: NDArray[np.integer]) -> Floats:
    """(b, items) own shares of b customers; unknown for everything where a customer has none at all."""
    found = shares[customer].toarray()
    found[~found.any(axis=1)] = np.nan
    return found


def _habit(spoken_for: Floats, own: Floats, hidden: Hidden) -> float:
    """How much an own share counts beside `spoken_for`, both (b, items), by least squares over what is not shown.

    Both are shares of baskets, and so is what they foretell.
    """
    absent = hidden.held.toarray() == 0
    label = np.zeros(hidden.held.shape)
    label[np.arange(len(hidden.item)), hidden.item] = 1.0
    both = np.column_stack([spoken_for[absent], own[absent]])
    weights = np.linalg.lstsq(both.T @ both, both.T @ label[absent], rcond=None)[0]
    return float(max(0.0, weights[1]) / weights[0]) if weights[0] > 0 else 1.0


def _sharpness(score: Floats, hidden: Hidden) -> float:
    """The power that makes the hidden items likeliest; score is (b, items)."""
    logs = np.log(np.maximum(score, FLOOR))
    logs[hidden.held.toarray() > 0] = -np.inf
    found = logs[np.arange(len(hidden.item)), hidden.item]

    def loss(power: float) -> float:
        return float(np.mean(logsumexp(power * logs, axis=1) - power * found))

    return float(minimize_scalar(loss, bounds=_SHARPNESS, method="bounded").x)
