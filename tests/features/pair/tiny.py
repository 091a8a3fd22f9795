"""Tiny histories of pairs: opened as a user would, and read by customer, item and name."""

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.dataset import CrossSell
from features.pairs import PairSnapshot, pair_set
from tests.features.tiny import AS_OF, open_tiny

HEADER = "customer_id,basket_id,ts,item_id,amount\n"

Values = dict[str, float]


def offering(level: str = "product", new_after_days: int = 365) -> CrossSell:
    """A declaration with a horizon of 28 days."""
    return CrossSell(item_level=level, horizon_days=28, new_after_days=new_after_days)


def known_pairs(
    folder: Path, cross_sell: CrossSell | None = None, as_of: datetime = AS_OF, **tables: str
) -> PairSnapshot:
    """What is known of the pairs in these tables; each is written with its rows shuffled."""
    opened = open_tiny(folder, **tables).tables
    return PairSnapshot(opened, pair_set(opened, cross_sell or offering()), as_of)


def values_of(known: PairSnapshot) -> dict[tuple[str, str], Values]:
    """Every candidate's features by name; NaN is unknown."""
    return {
        (str(known.customers[customer]), str(known.items[item])): _named(known.pairs.names, row)
        for rows in known.blocks()
        for customer, item, row in zip(rows.customer, rows.item, rows.values, strict=True)
    }


def items_of(known: PairSnapshot) -> dict[str, Values]:
    """Every item's features by name."""
    names = [feature.name for feature in known.pairs.item]
    rows = zip(known.items.tolist(), known.of_items(), strict=True)
    return {item: _named(names, row) for item, row in rows}


def customers_of(known: PairSnapshot) -> dict[str, Values]:
    """Every customer's features by name."""
    names = [feature.name for feature in known.pairs.customer]
    rows = zip(known.customers.tolist(), known.of_customers(), strict=True)
    return {customer: _named(names, row) for customer, row in rows}


def _named(names: tuple[str, ...] | list[str], row: NDArray[np.float64]) -> Values:
    return dict(zip(names, row.tolist(), strict=True))
