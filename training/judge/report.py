"""What a judgement says on the terminal, and as figures for a program."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console

from training.intervals import Interval
from training.judge.judgement import LEAST_DIFFERENCES, MOST_WITHOUT_SUPPORT, Judgement
from training.judge.policies import LOGGING
from training.terminal import table
from training.wording import span

_MONEY = ("", "SNIPS", "doubly robust", "over the log")
_EVIDENCE = ("", "effective decisions", "customers", "differences", "without support")


def print_judgement(console: Console, judgement: Judgement) -> None:
    """Money per decision with its standard error over customers, and what that rests on."""
    left = judgement.left_out
    console.print(
        f"{judgement.decisions:,} decisions of {judgement.customers:,} customers; left out are "
        f"{left.only_logged:,} that are only logged, {left.only_judged:,} that are only in the judged file and "
        f"{left.without_reward:,} without a reward"
    )
    title = "money per decision ± standard error over customers, with 95 % interval"
    console.print(table(title, _MONEY, _money(judgement)))
    console.print(table("what that rests on", _EVIDENCE, _evidence(judgement)))
    console.print(
        "Choices without support never occur in the log: SNIPS leaves them out, in the doubly robust estimate "
        "only the reward model speaks for them, and no interval covers that. "
        f"Above {100 * MOST_WITHOUT_SUPPORT:g} % there is no estimate. Differences are "
        "the decisions, in effect, that tell a policy from what was done: below "
        f"{LEAST_DIFFERENCES} of them there is no gain over the log."
    )


def as_json(judgement: Judgement) -> dict[str, Any]:
    """Every figure for `--metrics-json`; null where there is no estimate."""
    return asdict(judgement)


def _money(judgement: Judgement) -> Iterator[list[str]]:
    yield [LOGGING, _two(judgement.logging), "", ""]
    for name, found in judgement.estimates.items():
        yield [name, _two(found.snips), _two(found.doubly_robust), _two(found.gained, "+.4f")]


def _two(interval: Interval | None, form: str = ".4f") -> str:
    if interval is None:
        return "-"
    return f"{interval.estimate:{form}} ± {interval.standard_error:.4f}\n{span(interval, form)}"


def _evidence(judgement: Judgement) -> Iterator[list[str]]:
    yield [LOGGING, f"{judgement.decisions:,}", f"{judgement.customers:,}", "", ""]
    for name, found in judgement.estimates.items():
        sizes = (found.effective_decisions, found.effective_customers, found.effective_differences)
        yield [name, *(f"{size:,.0f}" for size in sizes), f"{100 * found.without_support:.1f} %"]
