"""What a judgement says on the terminal, and as figures for a program."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console

from training.intervals import Interval
from training.judge.judgement import MOST_WITHOUT_SUPPORT, Estimates, Judgement
from training.judge.policies import LOGGING
from training.terminal import table
from training.wording import span, with_error

_HEADS = (
    "",
    "SNIPS",
    "95 % interval",
    "doubly robust",
    "95 % interval",
    "over the log",
    "effective decisions",
    "without support",
)


def print_judgement(console: Console, judgement: Judgement) -> None:
    """One table of money per decision ± standard error over customers, and what it does not cover."""
    left = judgement.left_out
    console.print(
        f"{judgement.decisions:,} decisions of {judgement.customers:,} customers; left out are "
        f"{left.only_logged:,} that are only logged, {left.only_judged:,} that are only in the judged file and "
        f"{left.without_reward:,} without a reward"
    )
    console.print(table("money per decision ± standard error over customers", _HEADS, _rows(judgement)))
    console.print(
        "Choices without support never occur in the log: for them only the reward model speaks, and no interval "
        f"covers that. Above {100 * MOST_WITHOUT_SUPPORT:g} % there is no estimate."
    )


def as_json(judgement: Judgement) -> dict[str, Any]:
    """Every figure for `--metrics-json`; null where there is no estimate."""
    return asdict(judgement)


def _rows(judgement: Judgement) -> Iterator[list[str]]:
    logging = judgement.logging
    yield [LOGGING, with_error(logging), span(logging), "", "", "", f"{judgement.decisions:,}", ""]
    for name, found in judgement.estimates.items():
        yield [name, *_two(found.snips), *_two(found.doubly_robust), _gained(found), *_evidence(found)]


def _two(interval: Interval | None) -> tuple[str, str]:
    return ("-", "-") if interval is None else (with_error(interval), span(interval))


def _gained(found: Estimates) -> str:
    gained = found.gained
    return "-" if gained is None else f"{gained.estimate:+.4f} ({span(gained, '+.4f')})"


def _evidence(found: Estimates) -> tuple[str, str]:
    return f"{found.effective_decisions:,.0f}", f"{100 * found.without_support:.1f} %"
