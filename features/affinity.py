"""How strongly items and customers belong together, in closed form: matrices over who bought what.

Every function here takes sparse counts and gives dense matrices over a limited number of items, or sparse weights
over a limited number of reference customers: the cost a customer does not grow with the number of customers.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.sparse import csr_array

from features.interactions import Codes, Floats, Interactions

_SMALLEST = 1e-12


def most_bought(bought: csr_array, limit: int) -> Codes:
    """Codes of the items (at most `limit`, rising) that most customers bought; ties go to the lower code."""
    buyers = np.asarray(bought.sum(axis=0)).ravel()
    return np.sort(np.argsort(-buyers, kind="stable")[:limit]).astype(np.int32)


def together(bought: csr_array) -> Floats:
    """For items i and j the sum over rows of their product, (items, items): the Gram matrix."""
    return cast("Floats", (bought.T @ bought).toarray())


def cosine(gram: Floats) -> Floats:
    """Cosine similarity of items over the rows of a Gram matrix's table; 0 with itself."""
    length = np.sqrt(np.maximum(np.diag(gram), _SMALLEST))
    similar = gram / length[:, None] / length
    np.fill_diagonal(similar, 0.0)
    return similar


def item_to_item(gram: Floats, penalty: float) -> Floats:
    """Weights (items, items) that foretell each item of a row from the row's other items; 0 with itself.

    EASE: the ridge regression with a zero diagonal has a closed form. Steck (2019), Embarrassingly shallow
    autoencoders for sparse data.
    """
    factor = cho_factor(gram + penalty * np.eye(len(gram)))
    inverse = cho_solve(factor, np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def factors(gram: Floats, rank: int) -> Floats:
    """The directions (items, rank) in which the rows of a Gram matrix's table differ most, of length 1.

    Rows projected onto them are its best approximation of that rank: PureSVD. Cremonesi, Koren and Turrin (2010),
    Performance of recommender algorithms on top-n recommendation tasks. Of fewer items than `rank` all directions.
    """
    last = len(gram) - 1
    _lengths, directions = eigh(gram, subset_by_index=(max(0, last + 1 - rank), last))
    return directions


def regression(inputs: csr_array, targets: csr_array, penalty: float) -> tuple[Floats, Floats]:
    """Ridge regression of targets on inputs: weights (inputs, targets) and intercepts (targets,).

    `inputs @ weights + intercepts` are the fitted values; the intercepts carry no penalty.
    """
    rows = inputs.shape[0]
    center, level = _means(inputs), _means(targets)
    gram = together(inputs) - rows * np.outer(center, center)
    cross = (inputs.T @ targets).toarray() - rows * np.outer(center, level)
    weights = cho_solve(cho_factor(gram + penalty * np.eye(len(gram))), cross)
    return weights, level - center @ weights


def following(lines: Interactions, chosen: Codes, prior: float) -> Floats:
    """Share of a customer's next baskets that hold j, of those with i in the basket before: (chosen, chosen).

    `prior` baskets without any item are added to each i, so that a rare item foretells little.
    """
    serial = basket_serials(lines)
    place = np.full(len(lines.items), -1)
    place[chosen] = np.arange(len(chosen))
    kept = place[lines.item] >= 0
    shape = (int(serial.max(initial=-1)) + 2, len(chosen))
    holds = csr_array((np.ones(kept.sum()), (serial[kept], place[lines.item[kept]])), shape=shape)
    # newest first: the basket before has the next number, unless that is another customer's newest
    newest = np.zeros(shape[0], dtype=bool)
    newest[serial[lines.basket == 0]] = True
    pairs = np.flatnonzero(~newest[1:-1]) + 1
    before, after = holds[pairs], holds[pairs - 1]
    total = np.asarray(before.sum(axis=0)).ravel() + prior
    return cast("Floats", (before.T @ after).toarray() / total[:, None])


def alike(vectors: Floats, references: Floats, own: NDArray[np.intp], neighbours: int) -> csr_array:
    """Weights (rows, references) of each row's nearest references by cosine, adding up to 1 a row.

    Vectors (rows, k) and references (k, references) have length 1. `own[i]` is the reference that row i is
    itself, or -1; nobody is their own neighbour. A row that has nothing in common with any reference has no
    neighbours.
    """
    similar = vectors @ references
    itself = np.flatnonzero(own >= 0)
    similar[itself, own[itself]] = 0.0
    kept = min(neighbours, similar.shape[1])
    nearest = np.argpartition(-similar, kept - 1, axis=1)[:, :kept]
    weight = np.take_along_axis(similar, nearest, axis=1)
    total = np.maximum(weight.sum(axis=1, keepdims=True), _SMALLEST)
    rows = np.repeat(np.arange(len(similar)), kept)
    return csr_array(((weight / total).ravel(), (rows, nearest.ravel())), shape=similar.shape)


def directions(counts: csr_array) -> csr_array:
    """Rows of log(1 + count), weighted by how rare the column is, at length 1: what cosines are taken of."""
    logged = counts.copy()
    buyers = np.bincount(logged.indices, minlength=logged.shape[1])
    rarity = np.log(logged.shape[0] / np.maximum(buyers, 1)) + 1.0
    logged.data = np.log1p(logged.data) * rarity[logged.indices]
    squares = logged.copy()
    squares.data **= 2
    length = np.sqrt(np.maximum(np.asarray(squares.sum(axis=1)).ravel(), _SMALLEST))
    logged.data /= np.repeat(length, np.diff(logged.indptr))
    return logged


def basket_serials(lines: Interactions) -> NDArray[np.int64]:
    """(lines,) a number for each line's basket: customer by customer, the newest basket first."""
    before = np.cumsum(lines.baskets) - lines.baskets
    return cast("NDArray[np.int64]", before[lines.customer] + lines.basket)


def _means(table: csr_array) -> Floats:
    return np.asarray(table.sum(axis=0)).ravel() / table.shape[0]
