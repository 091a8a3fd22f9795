"""What is popular among customers of one kind: the answer for who has no history of their own."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.columns import Column
from features.interactions import Floats, Interactions
from features.store import PopularItem
from features.tables import Tables

EVERYBODY = ""
"""The segment of all customers, and of who belongs to none."""

LISTED = 100
"""Popular items of a segment, at most."""

PRIOR_CUSTOMERS = 20
"""So many customers who buy like everybody stand in for what is not known of a segment."""


def segments(tables: Tables, attribute: str | None) -> dict[str, str]:
    """Customer id -> segment, for everybody in the customers table.

    A segment is written as attribute and level, `income 50-74K`; `EVERYBODY` where the level is unknown or no
    attribute is declared.
    """
    if tables.customers is None:
        return {}
    ids = tables.customers.select(Column.CUSTOMER, *([attribute] if attribute else [])).to_pyarrow()
    customers: list[str] = ids[Column.CUSTOMER].to_pylist()
    if attribute is None:
        return dict.fromkeys(customers, EVERYBODY)
    spoken, levels = attribute.replace("_", " "), ids[attribute].to_pylist()
    return {
        customer: EVERYBODY if level is None else f"{spoken} {level}"
        for customer, level in zip(customers, levels, strict=True)
    }


def popular_items(
    lines: Interactions, segment_of: Mapping[str, str], days: int
) -> dict[str, Sequence[PopularItem]]:
    """By segment, and for `EVERYBODY`, the items that most of its customers bought in the last `days`.

    The probability is the share of the segment's customers who bought the item, of those who bought anything,
    with `PRIOR_CUSTOMERS` added who buy like everybody. Ties go to the lower item; what nobody bought is left
    out, and so is a segment where nobody bought anything.
    """
    bought = lines.bought(days)
    told = np.array([segment_of.get(customer, EVERYBODY) for customer in lines.customers.tolist()])
    everybody = _shares(bought, np.zeros(len(lines.items)))
    found = {EVERYBODY: list(_listed(everybody))}
    for segment in np.unique(told[np.diff(bought.indptr) > 0]).tolist():
        if segment != EVERYBODY:
            members = np.flatnonzero(told == segment)
            found[segment] = list(_listed(_shares(bought[members], everybody)))
    return dict(found)


def _shares(bought: csr_array, prior: Floats) -> Floats:
    """(items,) share of the rows with any item that hold each item, shrunk to the `prior` where it is not 0."""
    active = int((np.diff(bought.indptr) > 0).sum())
    buyers = np.asarray(bought.sum(axis=0)).ravel()
    trust = PRIOR_CUSTOMERS if prior.any() else 0
    return (buyers + trust * prior) / max(1, active + trust)


def _listed(shares: Floats) -> Iterator[PopularItem]:
    order: NDArray[np.intp] = np.argsort(-shares, kind="stable")[:LISTED]
    for place in order[shares[order] > 0].tolist():
        yield PopularItem(place, float(shares[place]))
