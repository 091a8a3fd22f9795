"""Who is like whom, by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from features.pair import neighbours
from features.pair.neighbours import Neighbourhood

# The first two buy alike, the third shares an item with the second, the fourth buys alone.
COUNTS = csr_array(
    np.array([[2.0, 2.0, 0.0, 0.0], [2.0, 2.0, 1.0, 0.0], [0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
)
BOUGHT = csr_array(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]]))
EVERYBODY = np.arange(4, dtype=np.int32)


def test_neighbours_are_who_buys_alike_and_never_oneself() -> None:
    weights = Neighbourhood(COUNTS, 1).weights(EVERYBODY).toarray()
    np.testing.assert_allclose(weights, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


def test_rates_are_shares_of_the_neighbours_by_weight() -> None:
    rates = Neighbourhood(COUNTS, 3).rates(BOUGHT)(EVERYBODY)
    np.testing.assert_allclose(rates[0], [0, 1])  # the second alone has something in common
    assert rates[1].sum() == pytest.approx(1 + rates[1, 1])  # the third bought both, the first only one
    assert 0 < rates[1, 1] < 0.5
    np.testing.assert_allclose(rates[2], [0, 1])
    assert rates[3].tolist() == [0, 0]


def test_rates_are_those_of_the_customers_asked_for() -> None:
    rates = Neighbourhood(COUNTS, 3).rates(BOUGHT)
    everybody = rates(EVERYBODY)
    some = np.array([2, 0], dtype=np.int32)
    np.testing.assert_array_equal(rates(some), everybody[some])
    np.testing.assert_array_equal(rates(EVERYBODY), everybody)


def test_many_customers_are_compared_with_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "REFERENCES", 2)
    crowd = csr_array(np.ones((9, 3)))
    weights = Neighbourhood(crowd, 50).weights(np.arange(9, dtype=np.int32))
    assert weights.shape == (9, 2)
    np.testing.assert_allclose(weights.sum(axis=1), np.ones(9))


@pytest.mark.parametrize("shape", [(1, 1), (1, 0), (3, 0)])
def test_there_may_be_nothing_in_common(shape: tuple[int, int]) -> None:
    rows = np.arange(shape[0], dtype=np.int32)
    around = Neighbourhood(csr_array(np.ones(shape)), 50)
    assert around.rates(csr_array(np.ones((shape[0], 2))))(rows).tolist() == [[0, 0]] * shape[0]
