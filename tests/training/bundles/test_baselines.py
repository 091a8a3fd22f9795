"""The simple ways to find a missing item, by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from training.bundles.baselines import BASELINES

TOGETHER = np.array([[10, 4, 1], [4, 8, 0], [1, 0, 4]])
HELD = csr_array(np.array([[1.0, 0, 0], [1, 0, 1], [0, 0, 0]]))
OWN = np.array([[0.1, 0.2, 0.3], [np.nan] * 3, [0, 0, 1]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("popularity", [[10, 8, 4]] * 3),
        ("confidence", [[1, 0.4, 0.1], [1, 0.4, 1], [0, 0, 0]]),
        (
            "item_cosine",
            [
                [1, 4 / np.sqrt(80), 1 / np.sqrt(40)],
                [1 + 1 / np.sqrt(40), 4 / np.sqrt(80), 1 + 1 / np.sqrt(40)],
                [0, 0, 0],
            ],
        ),
        ("own_frequency", [[0.1, 0.2, 0.3], [0, 0, 0], [0, 0, 1]]),
    ],
)
def test_scores(name: str, expected: list[list[float]]) -> None:
    assert BASELINES[name](TOGETHER, HELD, OWN) == pytest.approx(np.array(expected))
