"""The policies that are judged, each as the probability (m,) that it takes the action of a pair."""

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.judge.joined import Joined
from training.judge.log import NO_OFFER

JUDGED = "judged policy"
GREEDY = "always the best"
NOTHING = "no offer"
RANDOM = "random action"
LOGGING = "logging policy"


def policies(joined: Joined) -> dict[str, Floats]:
    """By name: the judged policy as it draws, and what it is compared with on the same occasions.

    `GREEDY` takes the judged policy's highest priority without control group and exploration (of equal ones *no
    offer*, then the smallest id), `RANDOM` any action that it considers, *no offer* included, each as often.
    """
    considered = ~np.isnan(joined.priority)
    return {
        JUDGED: joined.judged,
        GREEDY: _best(joined),
        NOTHING: (joined.offer == NO_OFFER).astype(float),
        RANDOM: _evenly(joined.logged.decision, considered),
    }


def _best(joined: Joined) -> Floats:
    """Pairs are sorted by decision and offer, and *no offer* has the smallest name."""
    decision = joined.logged.decision
    order = np.lexsort((-np.nan_to_num(joined.priority, nan=-np.inf), decision))
    first = np.ones(len(order), dtype=bool)
    first[1:] = decision[order][1:] != decision[order][:-1]
    best = np.zeros(len(order))
    best[order[first]] = 1.0
    return best


def _evenly(decision: NDArray[np.intp], considered: NDArray[np.bool_]) -> Floats:
    count = np.bincount(decision, considered)
    return np.asarray(considered / count[decision])
