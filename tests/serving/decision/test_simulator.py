"""Where the truth is known, the decision earns more than whoever looks at half of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.decision.decide import decide
from serving.decision.facts import History
from serving.decision.trace import Decision, Priced
from tests.simulator import World, world

SEEDS = range(30)
T_975 = 2.045
"""The 97.5 % point of Student's t with 29 degrees of freedom."""

Choice = NDArray[np.intp]


@dataclass(frozen=True)
class Season:
    """One seed: its customers, the decisions about them, and what each offer would have brought this time."""

    shop: World
    decisions: tuple[Decision, ...]
    profit: NDArray[np.float64]

    def eligible(self, row: int) -> list[Priced]:
        """The offers that a customer may get, whatever they are worth."""
        return [one for one in self.decisions[row].priced if one.offer_id is not None]

    def earned(self, choice: Choice) -> float:
        """Profit per customer when each gets the column of `choice`."""
        return float(self.profit[np.arange(len(choice)), choice].mean())


def season(seed: int) -> Season:
    shop = world(seed)
    asked = zip(shop.questions, shop.facts, strict=True)
    decisions = tuple(decide(question, facts, History(), shop.rulebook) for question, facts in asked)
    return Season(shop, decisions, shop.truth.drawn(np.random.default_rng([seed, 1])))


@pytest.fixture(scope="module")
def seasons() -> list[Season]:
    return [season(seed) for seed in SEEDS]


def chosen(season: Season, pick: Callable[[list[Priced]], Priced]) -> Choice:
    """What a rival gives: one of those that the customer may get, or nothing where there are none."""
    rows = [season.eligible(row) for row in range(len(season.decisions))]
    return np.array([season.shop.column(pick(row).offer_id if row else None) for row in rows])


def decided(season: Season) -> Choice:
    given = [decision.given for decision in season.decisions]
    return np.array([season.shop.column(one[0].offer_id if one else None) for one in given])


def factor(one: Priced, *names: str) -> float:
    return next(factor.value for factor in one.factors if factor.name in names)


def random_eligible(season: Season) -> Choice:
    random = np.random.default_rng(7)
    return chosen(season, lambda offers: offers[random.integers(len(offers))])


def propensity_only(season: Season) -> Choice:
    return chosen(season, lambda offers: max(offers, key=lambda one: factor(one, "accept", "churn")))


def value_only(season: Season) -> Choice:
    return chosen(season, lambda offers: max(offers, key=lambda one: factor(one, "value", "stake")))


def best_constant_offer(season: Season) -> Choice:
    """The one offer that earns most when everybody gets it who may, known from the truth itself."""
    none = len(season.shop.rulebook.offers)
    may = [
        [season.shop.column(one.offer_id) for one in season.eligible(row)]
        for row in range(len(season.decisions))
    ]
    choices = [np.array([column if column in row else none for row in may]) for column in range(none + 1)]
    expected = season.shop.truth.expected
    return max(choices, key=lambda choice: expected[np.arange(len(choice)), choice].mean())


@pytest.mark.parametrize("rival", [random_eligible, propensity_only, value_only, best_constant_offer])
def test_the_decision_earns_more(seasons: list[Season], rival: Callable[[Season], Choice]) -> None:
    more = np.array([one.earned(decided(one)) - one.earned(rival(one)) for one in seasons])
    assert more.mean() - T_975 * more.std(ddof=1) / np.sqrt(len(more)) > 0


def test_no_choice_can_earn_more_than_the_truth_allows(seasons: list[Season]) -> None:
    """The margin over the rivals is no artefact of a simulator that favours any choice."""
    for one in seasons:
        expected = one.shop.truth.expected
        best, ours = expected.max(axis=1).mean(), expected[np.arange(len(expected)), decided(one)].mean()
        assert 0 < ours < best


def test_draws_come_to_what_is_expected() -> None:
    truth = world(1, customers=40).truth
    random = np.random.default_rng(2)
    draws = np.array([truth.drawn(random) for _ in range(2_000)])
    errors = (draws.mean(axis=0) - truth.expected)[:, :-1] / (draws.std(axis=0)[:, :-1] / np.sqrt(len(draws)))
    assert np.abs(errors).max() < 5
    assert (draws[:, :, -1] == 0).all()


def test_the_models_are_calibrated() -> None:
    """Of the likely half of customers as many do it as the model says, and of the others too."""
    shop = world(3, customers=5_000)
    columns = {"stay-3": [1 - facts.churn.probability for facts in shop.facts if facts.churn]}
    columns["pasta"] = [facts.basket_items[0].chance.probability for facts in shop.facts]
    for offer_id, said in columns.items():
        truth = shop.truth.without if offer_id == "stay-3" else shop.truth.rate
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
