"""Ten equally large groups."""

import numpy as np
import pytest

from training.arrays import Floats, tenths


def test_tenths_are_equally_large_and_rise_with_the_value() -> None:
    values = np.random.default_rng(0).permutation(200) / 200
    group = tenths(values)
    assert np.bincount(group).tolist() == [20] * 10
    assert (np.diff(group[np.argsort(values)]) >= 0).all()


@pytest.mark.parametrize("values", [np.full(7, 0.3), np.array([0.1] * 9 + [0.2])])
def test_equal_values_stay_together(values: Floats) -> None:
    assert len(np.unique(tenths(values))) == len(np.unique(values))


def test_nothing_has_no_group() -> None:
    assert tenths(np.empty(0)).shape == (0,)
