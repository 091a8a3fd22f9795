"""The array types that every model speaks in, and what all of them ask of arrays."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def tenths(values: Floats) -> NDArray[np.intp]:
    """(n,) which of ten equally large groups each value is in, from 0 for the lowest; equals stay together."""
    edges = np.quantile(values, np.arange(1, 10) / 10) if len(values) else np.empty(0)
    return np.asarray(np.searchsorted(edges, values, side="right"))
