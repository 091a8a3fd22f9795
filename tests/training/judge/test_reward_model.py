"""The reward model learns what prices miss, from other customers only."""

import numpy as np
import pytest

from training.judge.estimators import Logged
from training.judge.reward_model import cross_fitted, design


def logged(reward: list[float], customer: list[int]) -> Logged:
    """One action a decision."""
    places = np.arange(len(reward))
    return Logged(np.array(customer), np.array(reward), places, places, np.ones(len(reward)))


def test_a_row_holds_the_numbers_and_the_offers_own() -> None:
    priced = np.array([[3.0, 0, 2], [4.0, 0, 2]])
    rows = design(np.array(["b", "a"]), priced).toarray()
    scaled = priced / [np.sqrt(12.5), 1, 2]
    assert rows == pytest.approx(
        np.array([[*scaled[0], 0, 0, 0, 0, 1, *scaled[0]], [*scaled[1], 1, *scaled[1], 0, 0, 0, 0]])
    )


def test_prices_and_offers_are_learnt() -> None:
    rng = np.random.default_rng(3)
    offer = rng.choice(["cheese", "", "wine"], 2000)
    priority = np.where(offer == "", 0.0, rng.uniform(0, 4, 2000))
    extra = np.select([offer == "cheese", offer == "wine"], [2.0, -1.0], 0.0)
    data = logged(list(priority + extra + rng.normal(0, 0.1, 2000)), list(range(2000)))
    found = cross_fitted(data, offer, np.column_stack([priority, priority / 4, np.full(2000, 3.0)]))
    assert np.abs(found - priority - extra).max() < 0.3


def test_no_customer_is_predicted_from_their_own_rewards() -> None:
    customer = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    reward = [float(number) for number in range(10)]
    offer, priced = np.array(["a"] * 10), np.ones((10, 3))
    before = cross_fitted(logged(reward, customer), offer, priced)
    after = cross_fitted(logged([900.0, -900.0, *reward[2:]], customer), offer, priced)
    assert after[:2] == pytest.approx(before[:2])
    assert before[:2] == pytest.approx([5.5, 5.5], abs=1e-6)


def test_the_order_of_the_decisions_never_matters() -> None:
    rng = np.random.default_rng(4)
    offer, reward, customer = rng.choice(["a", "b"], 40), rng.normal(size=40), rng.integers(0, 9, 40)
    priced, order = rng.normal(size=(40, 3)), rng.permutation(40)
    plain = cross_fitted(logged(list(reward), list(customer)), offer, priced)
    mixed = cross_fitted(logged(list(reward[order]), list(customer[order])), offer[order], priced[order])
    assert mixed == pytest.approx(plain[order], abs=1e-5)
