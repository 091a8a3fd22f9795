"""What proves that a model scores the same everywhere: its own golden rows, and golden customers of the store.

Golden customers are nobody: each feature is at a quantile of all customers, so that a row is put together from
many. They show that a model and the store which it will meet belong together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from features.store import SqliteStore
from training.arrays import Floats
from training.artifact import listed, quantile_rows, unknown_row
from training.release.parts import Part

_REPEAT = "repeat"
"""The feature of a candidate that says whether it is bought again, as docs/artifact.md fixes it."""
_CUSTOMERS, _CANDIDATES = 20, 10
"""Golden customers, and golden candidates of each kind; a row of which nothing is known follows."""
_READ_CUSTOMERS, _READ_HISTORIES = 2000, 200
"""Of how many customers features and candidates are read at most, spread evenly over all."""


@dataclass(frozen=True)
class GoldenCustomers:
    """Rows (n, k) in the model's order, NaN for unknown, with the probabilities (n,) that the model gives them.

    Candidates have the category of each item, too.
    """

    rows: Floats
    parents: tuple[str, ...] | None
    probabilities: Floats

    def as_json(self) -> dict[str, object]:
        """As `golden.json` of a release has them."""
        parents = {} if self.parents is None else {"parents": list(self.parents)}
        return {"rows": listed(self.rows), **parents, "probabilities": self.probabilities.tolist()}


def golden_customers(part: Part, store: SqliteStore) -> GoldenCustomers:
    """Golden customers (of cross-sell: candidates) of a store that the part fits, scored by the part."""
    rows, parents = (_customers(store), None) if part.name == "churn" else _candidates(store)
    return GoldenCustomers(rows, parents, _scored(part, rows, parents))


def largest_deviation(part: Part) -> float:
    """How far the registered model is, at most, from the golden rows of its artifact; NaN where it gives one."""
    golden = part.golden
    if part.name == "bundles":
        return float(np.max([*_deviations_of_baskets(part)], initial=0.0))
    rows = np.array(golden["rows"], dtype=np.float64)
    return float(np.abs(_scored(part, rows, golden.get("parents")) - golden["probabilities"]).max())


def _scored(part: Part, rows: Floats, parents: Sequence[str] | None) -> Floats:
    return np.asarray(part.scorer.score(rows) if parents is None else part.scorer.score(rows, parents))


def _deviations_of_baskets(part: Part) -> Iterator[float]:
    golden = part.golden
    for basket, items, expected in zip(
        golden["baskets"], golden["items"], golden["probabilities"], strict=True
    ):
        scored = part.scorer.probability(np.array(basket, dtype=np.intp))[items]
        yield from np.abs(scored - expected).tolist()


def _customers(store: SqliteStore) -> Floats:
    found = [store.get(customer_id) for customer_id in _spread(store, _READ_CUSTOMERS)]
    rows = np.array([customer.features for customer in found if customer is not None])
    return np.vstack([quantile_rows(rows, _CUSTOMERS), unknown_row(rows.shape[1])])


def _candidates(store: SqliteStore) -> tuple[Floats, tuple[str, ...]]:
    """Quantiles of the repeat purchases and of the new ones; categories of the store's items take turns."""
    assert store.info.candidates is not None
    names = store.info.candidates.names
    rows = np.vstack([np.empty((0, len(names))), *_histories(store)])
    again = rows[:, names.index(_REPEAT)] == 1
    kinds = [quantile_rows(rows[chosen], _CANDIDATES) for chosen in (again, ~again) if chosen.any()]
    made_up = np.vstack([*kinds, unknown_row(len(names))])
    parents = sorted({item.parent for item in store.items}) or [""]
    return made_up, tuple(islice(cycle(parents), len(made_up)))


def _histories(store: SqliteStore) -> Iterator[Floats]:
    """The candidates of each read customer, (n, k) in the model's order."""
    for customer_id in _spread(store, _READ_HISTORIES):
        found = store.candidates(customer_id)
        if found is not None and len(found.items):
            items = np.array([store.items[place].features for place in found.items])
            customer = np.broadcast_to(found.customer, (len(items), len(found.customer)))
            yield np.hstack([found.pairs, items, customer])


def _spread(store: SqliteStore, most: int) -> list[str]:
    return [*islice(store.ids(), 0, None, math.ceil(store.info.customers / most))]
