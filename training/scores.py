"""Test scores as they are kept with a run for the gate: without any customer id, and comparable row by row.

Each test period has a number (`ORIGIN`). `PEOPLE` is one digest over its customers and what became of them: two
models with the same digest were tested on the same rows. `PERSON` only counts the customers, so that a bootstrap
draws one at all periods together.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ORIGIN, PEOPLE, PERSON = "origin", "people", "person"

NOTHING_SHARED = "they share no test rows: train the champion's configuration on this data too"


def persons(customers: Sequence[NDArray[Any]]) -> list[NDArray[np.intp]]:
    """A number for each customer id of each period, the same at all of them; ids in their order count up."""
    numbers, _ids = pd.factorize(np.concatenate(customers), sort=True)
    return np.split(numbers, np.cumsum([len(ids) for ids in customers])[:-1])


def shared_rows(challenger: pd.DataFrame, champion: pd.DataFrame) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The scores of both models for every period that both were tested on; empty where there is none."""
    shared = sorted(set(challenger[PEOPLE]) & set(champion[PEOPLE]))
    return [
        (challenger[challenger[PEOPLE] == people], champion[champion[PEOPLE] == people]) for people in shared
    ]
