"""Interactions from a few lines written by hand."""

from collections.abc import Sequence

import numpy as np

from features.interactions import Interactions

Line = tuple[str, int, str, float]
"""Customer, basket (0 is the newest), item, age in days."""


def interactions(lines: Sequence[Line], items: Sequence[str] = ()) -> Interactions:
    """Put the lines in the order that is promised; `items` are in the catalogue, bought or not."""
    customers = sorted({customer for customer, *_ in lines})
    catalogue = sorted({*items, *(item for _, _, item, _ in lines)})
    rows = sorted((customers.index(c), basket, catalogue.index(item), age) for c, basket, item, age in lines)
    table = np.array(rows)
    customer, basket, item = table[:, :3].astype(np.int32).T
    return Interactions(np.array(customers), np.array(catalogue), customer, basket, item, table[:, 3])
