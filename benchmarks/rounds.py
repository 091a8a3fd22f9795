"""Contestants asked by turns, in short rounds, so that all of them see the same machine."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from statistics import median

from benchmarks.contestants import Running
from benchmarks.load import Heard, Script, ask
from benchmarks.processes import processor_seconds, resident_mib, tree


@dataclass(frozen=True)
class Contestant:
    """Who answers, and what it is asked."""

    running: Running
    script: Script


@dataclass(frozen=True)
class Round:
    """What one contestant did in one round; processor time is that of all its processes, a request."""

    answers: int
    faults: int
    per_second: float
    processor_ms: float
    p50_ms: float
    p99_ms: float
    memory_mib: float
    """Of its largest process, the worker: right after the round."""


Rounds = Mapping[str, Sequence[Round]]
Number = Callable[[Round], float]


class Turns:
    """Asks contestants; no two requests of a script that holds a number are the same, in any of its rounds."""

    def __init__(self, caller: Executor, contestants: Mapping[str, Contestant]) -> None:
        self._caller = caller
        self._contestants = contestants
        self._asked = dict.fromkeys(contestants, 0)
        self.answered = dict.fromkeys(contestants, 0)
        """Good answers of each so far, in all rounds."""
        self.heard: dict[str, Heard] = {}
        """What was heard last of each."""

    def by_turns(self, rounds: int, seconds: float, told: Callable[[], None]) -> Rounds:
        """So many rounds of each; in every round another one begins, and before the first all warm up."""
        found: dict[str, list[Round]] = {name: [] for name in self._contestants}
        names = list(found)
        for number in range(rounds + 1):
            for name in [*names[number % len(names) :], *names[: number % len(names)]]:
                found[name].append(self.round(name, seconds))
                told()
        return {name: every[1:] for name, every in found.items()}

    def round(self, name: str, seconds: float, rate: float | None = None) -> Round:
        """One round of one contestant, at a rate or as fast as it answers."""
        running, script = self._contestants[name].running, self._contestants[name].script
        before = processor_seconds(running.pid)
        heard = self._caller.submit(ask, script, seconds, rate, self._asked[name]).result()
        spent = processor_seconds(running.pid) - before
        self.heard[name] = heard
        answers = len(heard.waits)
        self._asked[name] += heard.asked
        self.answered[name] += answers
        if not answers:
            raise AssertionError(f"{name} answered nothing right: {heard.examples}")
        return Round(
            answers=answers,
            faults=heard.faults,
            per_second=heard.per_second,
            processor_ms=1000 * spent / answers,
            p50_ms=heard.wait_ms(0.5),
            p99_ms=heard.wait_ms(0.99),
            memory_mib=max(resident_mib(pid) for pid in tree(running.pid)),
        )


def middle(rounds: Sequence[Round], of: Number) -> float:
    """The median of a figure over rounds."""
    return median(map(of, rounds))


def ratio(found: Rounds, above: str, below: str, of: Number) -> float:
    """The median over rounds of a figure of one contestant over that of another in the same round."""
    return median(of(a) / of(b) for a, b in zip(found[above], found[below], strict=True))


def per_second(one: Round) -> float:
    """Good answers a second."""
    return one.per_second


def processor_ms(one: Round) -> float:
    """Processor time of a request."""
    return one.processor_ms
