"""Where the truth is known, the decision earns more than whoever looks at half of it."""

import numpy as np
import pytest

from tests.rivals import BEST_CONSTANT, RIVALS, SEEDS, Season, factor, lead, season
from tests.simulator import Ways, world


@pytest.fixture(scope="module")
def seasons() -> list[Season]:
    return [season(seed, Ways()) for seed in SEEDS]


@pytest.mark.parametrize("rival", RIVALS)
def test_the_decision_earns_more_where_assumptions_are_right_on_average(
    seasons: list[Season], rival: str
) -> None:
    assert lead(seasons, RIVALS[rival]).low > 0


def test_with_half_of_the_effects_that_are_assumed_it_still_earns_more_than_who_knows_no_more() -> None:
    """Not than the best constant offer, which is found by the truth itself (docs/judging.md)."""
    wrong = [season(seed, Ways(overstated=2.0)) for seed in SEEDS]
    for name in RIVALS.keys() - {BEST_CONSTANT}:
        assert lead(wrong, RIVALS[name]).low > 0


def test_draws_come_to_what_is_expected() -> None:
    truth = world(1, customers=40).truth
    random = np.random.default_rng(2)
    draws = np.array([truth.drawn(random) for _ in range(2_000)])
    errors = (draws.mean(axis=0) - truth.expected) / (draws.std(axis=0) / np.sqrt(len(draws)))
    assert np.abs(errors).max() < 5


def test_the_models_are_calibrated() -> None:
    """Of the likely half of customers as many do it as the model says, and of the others too."""
    shop = world(3, customers=5_000)
    columns = {"stay-half": [1 - facts.churn.probability for facts in shop.facts if facts.churn]}
    columns["pasta"] = [facts.basket_items[0].chance.probability for facts in shop.facts]
    for offer_id, said in columns.items():
        truth = shop.truth.without if offer_id == "stay-half" else shop.truth.rate
        happens = truth[:, shop.column(offer_id)]
        likely = np.array(said) > np.median(said)
        for half in (likely, ~likely):
            assert happens[half].mean() == pytest.approx(np.array(said)[half].mean(), abs=0.01)


def test_the_decision_is_about_the_item_that_the_truth_is_about(seasons: list[Season]) -> None:
    shop, decisions = seasons[0].shop, seasons[0].decisions
    column = shop.column("drinks")
    for row, decision in enumerate(decisions):
        [drinks] = [one for one in decision.priced if one.offer_id == "drinks"]
        assert factor(drinks, "value") == pytest.approx(shop.truth.money[row, column])


def test_the_same_seed_is_the_same_world() -> None:
    one, two, other = world(5, 10), world(5, 10), world(6, 10)
    assert one.facts == two.facts
    assert (one.truth.expected == two.truth.expected).all()
    assert one.facts != other.facts
