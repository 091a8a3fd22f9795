"""Arrays that every model scores with, and the one function from log-odds to probabilities."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int32]


def logistic(log_odds: Floats) -> Floats:
    """Probabilities of log-odds, of any shape and size: 0 and 1 at the ends, no overflow."""
    return cast("Floats", np.exp(-np.logaddexp(0, -log_odds)))
