"""Each policy as the probabilities of the actions, worked out by hand.

Pairs are sorted by decision and offer, "" being *no offer*; NaN is what the judged policy does not consider.
"""

import numpy as np
import pytest

from training.judge.estimators import Logged
from training.judge.joined import Joined, LeftOut
from training.judge.policies import GREEDY, JUDGED, NOTHING, RANDOM, policies

DECISION = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])
OFFER = np.array(["", "a", "b", "", "a", "", "a", "b", ""])
PRIORITY = np.array([0.0, 2, 3, 0, 0, np.nan, 2, 2, 0])
SELECTED = np.array([0.1, 0.2, 0.7, 0.5, 0.5, 0.0, 0.5, 0.5, 1.0])


def joined() -> Joined:
    logged = Logged(np.arange(4), np.zeros(4), np.array([0, 3, 6, 8]), DECISION, SELECTED)
    return Joined(logged, OFFER, np.zeros((9, 3)), SELECTED, PRIORITY, LeftOut(0, 0, 0))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (JUDGED, SELECTED),
        (GREEDY, [0, 0, 1, 1, 0, 0, 1, 0, 1]),
        (NOTHING, [1, 0, 0, 1, 0, 1, 0, 0, 1]),
        (RANDOM, [1 / 3, 1 / 3, 1 / 3, 1 / 2, 1 / 2, 0, 1 / 2, 1 / 2, 1]),
    ],
)
def test_policies_take_what_they_are_named_for(policy: str, expected: list[float]) -> None:
    assert policies(joined())[policy] == pytest.approx(np.array(expected, dtype=float))


def test_every_policy_takes_one_action_a_decision() -> None:
    for target in policies(joined()).values():
        assert np.bincount(DECISION, target) == pytest.approx([1, 1, 1, 1])
