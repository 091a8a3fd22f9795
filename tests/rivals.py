"""Who decides by half of it, where the truth is known: `python -m tests.rivals` prints how much less they earn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from serving.decision.decide import decide
from serving.decision.facts import History
from serving.decision.trace import Decision, Priced
from tests.simulator import Ways, World, world
from training.terminal import table

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
        """Money per customer when each gets the column of `choice`."""
        return float(self.profit[np.arange(len(choice)), choice].mean())


def season(seed: int, ways: Ways) -> Season:
    """The customers of one seed, each decided about once; what is known of them is the same in all ways."""
    shop = world(seed, ways=ways)
    return Season(shop, _decisions(seed), shop.truth.drawn(np.random.default_rng([seed, 1])))


@cache
def _decisions(seed: int) -> tuple[Decision, ...]:
    shop = world(seed)
    asked = zip(shop.questions, shop.facts, strict=True)
    return tuple(decide(question, facts, History(), shop.rulebook) for question, facts in asked)


def chosen(season: Season, pick: Callable[[list[Priced]], Priced]) -> Choice:
    """What a rival gives: one of those that the customer may get, or nothing where there are none."""
    rows = [season.eligible(row) for row in range(len(season.decisions))]
    return np.array([season.shop.column(pick(row).offer_id if row else None) for row in rows])


def decided(season: Season) -> Choice:
    """What the decision gives."""
    given = [decision.given for decision in season.decisions]
    return np.array([season.shop.column(one[0].offer_id if one else None) for one in given])


def factor(one: Priced, *names: str) -> float:
    """The first of the factors with one of the names."""
    return next(factor.value for factor in one.factors if factor.name in names)


def random_eligible(season: Season) -> Choice:
    """Any of those, or nothing, each as often."""
    random = np.random.default_rng(7)
    none = season.shop.column(None)
    rows = [
        [season.shop.column(one.offer_id) for one in season.eligible(row)]
        for row in range(len(season.decisions))
    ]
    return np.array([random.choice([none, *row]) for row in rows])


def propensity_only(season: Season) -> Choice:
    """What is most probably taken."""
    return chosen(season, lambda offers: max(offers, key=lambda one: factor(one, "accept", "churn")))


def value_only(season: Season) -> Choice:
    """What is worth most if it is taken."""
    return chosen(season, lambda offers: max(offers, key=lambda one: factor(one, "value", "stake")))


def propensity_times_value(season: Season) -> Choice:
    """What is expected to be bought, whatever would be bought anyway and whatever it costs."""
    return chosen(
        season,
        lambda offers: max(
            offers, key=lambda one: factor(one, "accept", "churn") * factor(one, "value", "stake")
        ),
    )


def nothing(season: Season) -> Choice:
    """No offer to anybody."""
    return np.full(len(season.decisions), season.shop.column(None))


def best_constant_offer(season: Season) -> Choice:
    """The one offer, or none, that earns most when everybody gets it who may: known from the truth itself."""
    none = season.shop.column(None)
    may = [
        [season.shop.column(one.offer_id) for one in season.eligible(row)]
        for row in range(len(season.decisions))
    ]
    choices = [np.array([column if column in row else none for row in may]) for column in range(none + 1)]
    expected = season.shop.truth.expected
    return max(choices, key=lambda choice: expected[np.arange(len(choice)), choice].mean())


BEST_CONSTANT = "the best constant offer"
RIVALS: Mapping[str, Callable[[Season], Choice]] = {
    "random, nothing among it": random_eligible,
    "the likeliest": propensity_only,
    "the most valuable": value_only,
    "likely x valuable": propensity_times_value,
    "no offer": nothing,
    BEST_CONSTANT: best_constant_offer,
}


@dataclass(frozen=True)
class Lead:
    """By how much money per customer the decision is ahead: the mean over seeds and its 95 % interval's reach."""

    mean: float
    reach: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.reach

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ± {self.reach:.2f}"


def lead(seasons: Sequence[Season], rival: Callable[[Season], Choice]) -> Lead:
    """Paired: both decide about the same customers and meet the same luck."""
    more = np.array([one.earned(decided(one)) - one.earned(rival(one)) for one in seasons])
    return Lead(float(more.mean()), float(T_975 * more.std(ddof=1) / np.sqrt(len(more))))


def main() -> None:
    """Print the leads where the assumptions are right on average, and where they are twice too high."""
    worlds = [[season(seed, Ways(overstated=times)) for seed in SEEDS] for times in (1.0, 2.0)]
    rows = [[name, *(str(lead(seasons, rival)) for seasons in worlds)] for name, rival in RIVALS.items()]
    heads = ("ahead of", "right on average", "assumed twice too high")
    Console().print(table("money per customer, 95 % interval over 30 seeds", heads, rows))


if __name__ == "__main__":
    main()
