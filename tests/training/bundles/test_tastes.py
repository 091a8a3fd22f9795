"""How alike a customer's baskets are: by hand, and whether it mends the tests of unrelated tastes."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from features.baskets import Baskets, LeftOut
from tests.training.bundles.shop import shop
from training.bundles.promotion import Level, adjusted
from training.bundles.tastes import Tastes


def test_baskets_that_are_all_alike_within_a_customer_correlate_fully() -> None:
    tastes = Tastes(shop("a", "a", "b", "b", customers="xxyy"))
    assert tastes.others == 1
    assert tastes.of_items.tolist() == pytest.approx([1, 1])
    assert tastes.inflation(1.0, np.array([0, 1])).tolist() == pytest.approx([2, 2])


def test_baskets_without_tastes_do_not_correlate() -> None:
    tastes = Tastes(shop("a", "b", "a", "b", customers="xxyy"))
    assert tastes.of_items.tolist() == [0, 0]
    assert tastes.inflation(0.5, np.array([1])).tolist() == [1]


def test_one_basket_a_customer_and_items_in_every_basket_say_nothing() -> None:
    assert Tastes(shop("a", "b", customers="xy")).of_items.tolist() == [0, 0]
    assert Tastes(shop("a", "a", "a", customers="xxy")).of_items.tolist() == [0]


def test_unrelated_tastes_make_no_pair_significant() -> None:
    found = [_p_values(seed) for seed in range(5)]
    plain, held = (np.concatenate(each) for each in zip(*found, strict=True))
    assert (plain < 0.01).mean() > 0.03
    assert (held < 0.01).mean() < 0.02


def _p_values(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs of items that are bought apart from each other, by thirty customers with strong tastes each."""
    random = np.random.default_rng(seed)
    customer = np.repeat(np.arange(60), 40)
    liking = random.beta(0.3, 1.2, (60, 40))
    held = (random.random((2400, 40)) < liking[customer]).astype(float)
    baskets = Baskets(
        items=np.array([f"{item:02}" for item in range(40)]),
        customers=np.array([f"{one:02}" for one in range(60)]),
        table=csr_array(held),
        customer=customer.astype(np.int32),
        age=np.ones(2400),
        oldest=np.ones(2400),
        cell=np.zeros(2400, dtype=np.int32),
        stratum=np.zeros(1, dtype=np.int32),
        promoted=None,
        left_out=LeftOut(0, 0, 0),
    )
    first, second = np.triu_indices(40, 1)
    found = adjusted(baskets, first[:, None], second, Level.SIZE)
    alone = type(found)(found.count, found.expected, found.variance, found.third, found.between)
    return alone.p_value, found.p_value
