"""From log-odds to probabilities."""

import numpy as np

from serving.scoring.arrays import logistic


def test_log_odds_become_probabilities_without_overflow() -> None:
    probabilities = logistic(np.array([-1e308, -1000.0, 0.0, np.log(3), 1000.0, 1e308]))
    np.testing.assert_allclose(probabilities, [0, 0, 0.5, 0.75, 1, 1], rtol=0, atol=1e-15)
