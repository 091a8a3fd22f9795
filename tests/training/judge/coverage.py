"""Judgements of simulated worlds, where it is known what every policy is worth.

In each world the real `decide` answers customers, some of them several times, with control group and exploration
by its own lots; what that brings is drawn once, what comes anyway included. The policy to judge has other levers
(less retention, more cross-sell) and explores less. `python -m tests.training.judge.coverage` prints how often
intervals hold the truth, which is that of the world's own occasions, exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from rich.console import Console

from serving.decision.decide import decide
from serving.decision.facts import History
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.offline.decision_log import decision_log
from tests.simulator import Shares, Ways, World, world
from training.intervals import Interval
from training.judge.joined import Joined, join
from training.judge.judgement import Judgement, judge
from training.judge.log import read_log
from training.judge.policies import GREEDY, JUDGED, LOGGING, NOTHING, policies
from training.terminal import table

MAX_LOSS = 0.25
CONTROL = 0.05
VISITS = 3
LEVERS = {"retention": -0.2, "cross_sell": 0.2, "bundle": 0.0, "loyalty": 0.0}
ESTIMATES = ("snips", "doubly_robust", "gained")


@dataclass(frozen=True)
class Case:
    """What the log of one world tells, and the money per decision that each policy is expected to bring there."""

    found: Judgement
    worth: dict[str, float]

    def interval(self, policy: str, estimate: str) -> Interval | None:
        """That of one of `ESTIMATES`; the logging policy has only its plain mean."""
        if policy == LOGGING:
            return self.found.logging
        interval: Interval | None = getattr(self.found.estimates[policy], estimate)
        return interval

    def holds(self, policy: str, estimate: str) -> bool:
        """Whether the interval holds the truth; a gain is that over the logging policy."""
        truth = self.worth[policy] - (self.worth[LOGGING] if estimate == "gained" else 0.0)
        interval = self.interval(policy, estimate)
        return interval is not None and interval.low <= truth <= interval.high


def case(seed: int, folder: Path, customers: int, exploration: float, anyway: float) -> Case:
    """The world of one seed, its log and its judgement; `folder` takes the files."""
    made = world(seed, customers, Shares(CONTROL, exploration, MAX_LOSS), Ways(anyway), VISITS)
    brought = made.truth.drawn(np.random.default_rng([seed, 1]))
    with decision_log(folder / "logged.parquet") as log:
        for row, decision in enumerate(decided(made, made.rulebook)):
            given = decision.given[0].offer_id if decision.given else None
            log.write(decision, float(brought[row, made.column(given)]))
    with decision_log(folder / "replayed.parquet") as log:
        log.write_all(decided(made, otherwise(made.rulebook)))
    joined = join(read_log(folder / "logged.parquet"), read_log(folder / "replayed.parquet"))
    return Case(judge(joined), worth(made, joined))


def decided(made: World, rules: Rulebook) -> Iterator[Decision]:
    for asked, facts in zip(made.questions, made.facts, strict=True):
        yield decide(asked, facts, History(), rules)


def otherwise(rules: Rulebook) -> Rulebook:
    """The policy to judge."""
    exploration = rules.policy.exploration.model_copy(update={"share": 0.02})
    return replace(
        rules,
        offers=tuple(replace(one, lever=one.lever + LEVERS[one.offer.kind]) for one in rules.offers),
        policy=rules.policy.model_copy(update={"exploration": exploration}),
    )


def worth(made: World, joined: Joined) -> dict[str, float]:
    """Money per decision that each policy is expected to bring on the occasions of a world."""
    rows = np.argsort([question.decision_id for question in made.questions])
    columns = {offer: made.column(offer or None) for offer in np.unique(joined.offer)}
    column = np.array([columns[offer] for offer in joined.offer])
    expected = made.truth.expected[rows[joined.logged.decision], column]
    targets = {LOGGING: joined.logged.propensity, **policies(joined)}
    return {name: float(target @ expected) / len(rows) for name, target in targets.items()}


def cases(worlds: int, customers: int, exploration: float, anyway: float) -> Iterator[Case]:
    """Those of the first so many seeds."""
    with TemporaryDirectory() as folder:
        for seed in range(worlds):
            yield case(seed, Path(folder), customers, exploration, anyway)


@click.command()
@click.option("--worlds", default=300)
@click.option("--customers", default=600, help="Each of them is asked 1 to 3 times.")
@click.option("--exploration", default=0.2)
@click.option(
    "--anyway", default=0.2, help="Of what customers usually bring, what comes whatever is offered."
)
def main(worlds: int, customers: int, exploration: float, anyway: float) -> None:
    """In which share of worlds the intervals hold the truth."""
    found = list(cases(worlds, customers, exploration, anyway))
    rows = [
        [policy, *_shares(found, policy), *_sizes(found, policy)]
        for policy in (LOGGING, JUDGED, GREEDY, NOTHING)
    ]
    asked = f"{customers:,} customers, {exploration:.0%} explored, {anyway:.0%} comes anyway"
    title = f"share of intervals that hold the truth: {asked}"
    Console(width=100).print(table(title, ("", *ESTIMATES, "effective decisions", "differences"), rows))


def _shares(found: Sequence[Case], policy: str) -> Iterator[str]:
    """Of the intervals that are told, which of gains are not all."""
    for estimate in ESTIMATES if policy != LOGGING else ("snips",):
        held = [one.holds(policy, estimate) for one in found if one.interval(policy, estimate)]
        yield f"{100 * sum(held) / len(held):.0f} % of {len(held)}" if held else "-"


def _sizes(found: Sequence[Case], policy: str) -> Iterator[str]:
    """Means over the worlds."""
    if policy == LOGGING:
        yield from ("", "", f"{np.mean([one.found.decisions for one in found]):,.0f}", "")
        return
    for name in ("effective_decisions", "effective_differences"):
        yield f"{np.mean([getattr(one.found.estimates[policy], name) for one in found]):,.0f}"


if __name__ == "__main__":
    main()
