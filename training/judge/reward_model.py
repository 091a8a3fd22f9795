"""What an action brings, as far as logged rewards tell: the part of the doubly robust estimate that may be wrong.

A ridge and no trees: most logged actions are the best ones by price, each offer is explored a few dozen times at
most, and the price itself (probability, value, priority) says already what is expected. What remains to learn
is by how much each offer's price is off, and little data should move that little.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from training.arrays import Floats
from training.judge.estimators import Logged

FOLDS = 5
PENALTY = 10.0
"""In decisions: an offer that was logged so often moves half-way from what holds for all to what is its own."""


def cross_fitted(logged: Logged, offer: NDArray[np.str_], priced: Floats, seed: int = 0) -> Floats:
    """Expected rewards (m,) of all pairs, each from a model that has not seen any decision of its customer.

    `offer` (m,) names the action of each pair and `priced` (m, 3) holds its priority, probability and value.
    The same seed and the same customers, numbered alike, give the same folds.
    """
    rows = design(offer, priced)
    fold = _folds(logged.customer, seed)
    predicted = np.zeros(len(offer))
    for number in np.unique(fold):
        learnt, told = fold != number, fold[logged.decision] == number
        model = Ridge(alpha=PENALTY, solver="sparse_cg", tol=1e-8)
        model.fit(rows[logged.taken[learnt]], logged.reward[learnt])
        predicted[told] = model.predict(rows[told])
    return predicted


def design(offer: NDArray[np.str_], priced: Floats) -> csr_array:
    """Rows (m, p + k x (1 + p)) for k offers and p numbers: the numbers, and for each offer a 1 and the numbers.

    Numbers are divided by their root mean square, so that one penalty fits all.
    """
    scale = np.sqrt((priced**2).mean(axis=0))
    numbers = priced / np.where(scale > 0, scale, 1.0)
    names, place = np.unique(offer, return_inverse=True)
    (pairs, width), own = numbers.shape, 1 + numbers.shape[1]
    shared = np.tile(np.arange(width), (pairs, 1))
    of_offer = width + own * place[:, None] + np.arange(own)
    values = np.column_stack([numbers, np.ones(pairs), numbers])
    columns = np.column_stack([shared, of_offer])
    starts = np.arange(pairs + 1) * columns.shape[1]
    return csr_array((values.ravel(), columns.ravel(), starts), shape=(pairs, width + own * len(names)))


def _folds(customer: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """(n,) the fold of each decision: customers are dealt out, each to one."""
    names, place = np.unique(customer, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    return np.asarray(dealt[place])
