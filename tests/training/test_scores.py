"""Customers are counted and never named; only the same rows are compared."""

import numpy as np
import pandas as pd

from training.scores import PEOPLE, persons, shared_rows


def test_a_customer_has_one_number_at_all_periods() -> None:
    first, second = persons([np.array(["cat", "ann"]), np.array(["bob", "cat", "ann"])])
    assert first.tolist() == [2, 0]
    assert second.tolist() == [1, 2, 0]


def test_only_periods_with_the_same_people_are_shared() -> None:
    ours = pd.DataFrame({PEOPLE: ["a", "b", "b"], "score": [1, 2, 3]})
    theirs = pd.DataFrame({PEOPLE: ["b", "b", "c"], "score": [4, 5, 6]})
    (pair,) = shared_rows(ours, theirs)
    assert [one["score"].tolist() for one in pair] == [[2, 3], [4, 5]]
    assert shared_rows(ours, theirs.iloc[2:]) == []
