"""Judgements on the simulator, where it is known what every policy is worth.

A shop's customers are asked for by the real `decide`, with control group and exploration; the policy to judge has
other levers (less retention, more cross-sell) and explores less. Logs are then drawn again and again: customers at
random, for each one of the actions by the probabilities that `decide` gave them, and what it comes to once. The
truth of all those logs is the mean over the shop, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.decision.decide import decide
from serving.decision.facts import History
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.decision_log import DecisionLog
from tests.simulator import Truth, World, world
from training.intervals import Interval
from training.judge.estimators import Logged
from training.judge.joined import Joined, join
from training.judge.judgement import Judgement, judge
from training.judge.log import read_log
from training.judge.policies import GREEDY, JUDGED, LOGGING, NOTHING, RANDOM, policies

CUSTOMERS = 2000
SEEDS = 40
LEVERS = {"retention": -0.2, "cross_sell": 0.2, "bundle": 0.0, "loyalty": 0.0}


@dataclass(frozen=True)
class Shop:
    """Both policies on all customers: n decisions and m pairs, with their rows and columns in the truth."""

    world: World
    joined: Joined
    row: NDArray[np.intp]
    column: NDArray[np.intp]

    def worth(self) -> dict[str, float]:
        """Money per decision that each policy is expected to bring."""
        logged = self.joined.logged
        expected = self.world.truth.expected[self.row[logged.decision], self.column]
        targets = {LOGGING: logged.propensity, **policies(self.joined)}
        return {name: float(target @ expected) / len(self.row) for name, target in targets.items()}

    def logged_again(self, seed: int) -> Joined:
        """A log of as many customers, who are new ones each time they are drawn."""
        random, whole = np.random.default_rng(seed), self.joined
        chosen = random.integers(0, CUSTOMERS, CUSTOMERS)
        own = np.split(np.arange(len(self.column)), np.flatnonzero(np.diff(whole.logged.decision)) + 1)
        pairs = np.concatenate([own[one] for one in chosen])
        decision = np.repeat(np.arange(CUSTOMERS), [len(own[one]) for one in chosen])
        propensity = whole.logged.propensity[pairs]
        taken = np.searchsorted(np.cumsum(propensity), np.arange(CUSTOMERS) + random.random(CUSTOMERS))
        brought = _of(self.world.truth, self.row[chosen]).drawn(random)
        reward = brought[np.arange(CUSTOMERS), self.column[pairs][taken]]
        return replace(
            whole,
            logged=Logged(np.arange(CUSTOMERS), reward, taken, decision, propensity),
            offer=whole.offer[pairs],
            priced=whole.priced[pairs],
            judged=whole.judged[pairs],
            priority=whole.priority[pairs],
        )


def decided(made: World, rules: Rulebook) -> list[Decision]:
    return [
        decide(asked, facts, History(), rules)
        for asked, facts in zip(made.questions, made.facts, strict=True)
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("logs")
    made = world(5, CUSTOMERS, control=0.05, exploration=0.2)
    brought = made.truth.drawn(np.random.default_rng(6))
    with DecisionLog(folder / "logged.parquet") as log:
        for row, decision in enumerate(decided(made, made.rulebook)):
            given = decision.given[0].offer_id if decision.given else None
            log.write(decision, float(brought[row, made.column(given)]))
    with DecisionLog(folder / "replayed.parquet") as log:
        log.write_all(decided(made, otherwise(made.rulebook)))
    joined = join(read_log(folder / "logged.parquet"), read_log(folder / "replayed.parquet"))
    columns = {offer: made.column(offer or None) for offer in np.unique(joined.offer)}
    by_id = np.argsort([question.decision_id for question in made.questions])
    return Shop(made, joined, by_id, np.array([columns[offer] for offer in joined.offer]))


@pytest.fixture(scope="module")
def again(shop: Shop) -> list[Judgement]:
    return [judge(shop.logged_again(seed)) for seed in range(SEEDS)]


def _of(truth: Truth, rows: NDArray[np.intp]) -> Truth:
    return replace(
        truth,
        without=truth.without[rows],
        rate=truth.rate[rows],
        money=truth.money[rows],
        redeemed=truth.redeemed[rows],
    )


def otherwise(rules: Rulebook) -> Rulebook:
    exploration = rules.policy.exploration.model_copy(update={"share": 0.02})
    return replace(
        rules,
        offers=tuple(replace(one, lever=one.lever + LEVERS[one.offer.kind]) for one in rules.offers),
        policy=rules.policy.model_copy(update={"exploration": exploration}),
    )


def test_what_was_really_logged_tells_the_worth_of_another_policy(shop: Shop) -> None:
    found, worth = judge(shop.joined), shop.worth()
    assert found.decisions == CUSTOMERS
    for policy in (JUDGED, GREEDY, NOTHING):
        estimates = found.estimates[policy]
        assert estimates.without_support < 0.02
        for interval in (estimates.snips, estimates.doubly_robust):
            assert interval is not None
            assert interval.low <= worth[policy] <= interval.high
    assert found.logging.low <= worth[LOGGING] <= found.logging.high


@pytest.mark.parametrize("policy", [JUDGED, GREEDY, NOTHING])
@pytest.mark.parametrize("estimator", ["snips", "doubly_robust"])
def test_intervals_hold_the_truth_as_often_as_they_say(
    shop: Shop, again: list[Judgement], policy: str, estimator: str
) -> None:
    found = [getattr(one.estimates[policy], estimator) for one in again]
    assert covered(found, shop.worth()[policy]) >= 0.9


def test_the_logging_policy_s_own_mean_is_as_sure_as_it_says(shop: Shop, again: list[Judgement]) -> None:
    assert covered([one.logging for one in again], shop.worth()[LOGGING]) >= 0.9


def test_gains_over_the_log_hold_the_truth_a_little_more_rarely(shop: Shop, again: list[Judgement]) -> None:
    """They rest on the few decisions that differ."""
    worth = shop.worth()
    for policy in (JUDGED, GREEDY, NOTHING):
        gains = [one.estimates[policy].gained for one in again]
        assert covered(gains, worth[policy] - worth[LOGGING]) >= 0.85


def test_what_the_log_never_shows_is_not_estimated(again: list[Judgement]) -> None:
    """A random action is often far too dear to be explored."""
    for one in again:
        assert one.estimates[RANDOM].without_support > 0.2
        assert one.estimates[RANDOM].doubly_robust is None


def covered(intervals: Sequence[Interval | None], truth: float) -> float:
    """The share of the intervals that hold the truth."""
    return float(np.mean([one is not None and one.low <= truth <= one.high for one in intervals]))
