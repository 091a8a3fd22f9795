"""Questions that wait at the same time go through a step together: one read, one write to disk for all of them.

A write to disk takes longer than everything else of a decision. While one is under way the next questions gather.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

from serving.ledger import TooLate
from serving.next_best_offer.deciding import CHUNK, of_everybody
from serving.telemetry import tracing
from serving.telemetry.tracing import Trace
from serving.threads import Threads

Q = TypeVar("Q")
A = TypeVar("A")

Step = Callable[[Sequence[Q], float], list[A]]
"""Answers questions, in their order, before a deadline (of `time.monotonic`): all or none."""

HOPE = 0.5
"""A question that has this share of its time left is asked, however long others took of late."""
FORGETTING = 0.8
"""How much of the slowest pace of late is left after each group that was quicker."""


@dataclass(frozen=True)
class _Waiting(Generic[Q, A]):
    step: Step[Q, A]
    question: Q
    asked_at: float
    deadline: float
    answer: asyncio.Future[A]
    traces: Sequence[Trace]

    def is_hopeless(self, pace: float) -> bool:
        """Nobody waits any more, or the time that is left would not do for it alone."""
        hope = HOPE * (self.deadline - self.asked_at)
        return self.answer.done() or self.deadline - time.monotonic() <= min(pace, hope)


class Together(Generic[Q, A]):
    """Gathers questions of one event loop, and answers them in `threads`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._waiting: deque[_Waiting[Q, A]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._pace = 0.0  # seconds that a question took in the slowest group of late

    async def answer(self, step: Step[Q, A], question: Q, deadline: float) -> A:
        """What a step says to one question, asked with those that wait as well.

        `deadline` is of `time.monotonic`; who shares a group with an earlier one and loses by it has another turn.
        Raises what the step raises, and TimeoutError when too little time is left at its turn.
        """
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(step, question, time.monotonic(), deadline, answer, tracing.shared())
        self._waiting.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            return await answer
        finally:
            del answer, waiting  # A fault holds this frame; were it held here, nobody would let go of either.

    async def _work(self) -> None:
        while self._waiting:
            group = self._group()
            if group:
                await self._ask(group)

    def _group(self) -> list[_Waiting[Q, A]]:
        """The next who wait for the same, as many as will be answered before the first deadline among them."""
        step, group, left = self._waiting[0].step, list[_Waiting[Q, A]](), inf
        while self._waiting and len(group) < CHUNK and self._waiting[0].step == step:
            one = self._waiting[0]
            if one.is_hopeless(self._pace):
                _tell([self._waiting.popleft()], TimeoutError())
                continue
            left = min(left, one.deadline - time.monotonic())
            if group and (len(group) + 1) * self._pace > left:
                break
            group.append(self._waiting.popleft())
        return group

    async def _ask(self, group: Sequence[_Waiting[Q, A]]) -> None:
        began, deadline = time.monotonic(), min(one.deadline for one in group)
        tracing.share(trace for one in group for trace in one.traces)
        try:
            answers = await self._threads.run(group[0].step, [one.question for one in group], deadline)
        except TooLate as fault:
            self._waiting.extendleft(one for one in reversed(group) if time.monotonic() < one.deadline)
            _tell([one for one in group if time.monotonic() >= one.deadline], fault)
        except Exception as fault:  # noqa: BLE001 - each who waits is told, and answers for it
            await self._part(group, fault)
        else:
            for one, answer in zip(group, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)
        finally:
            self._pace = max((time.monotonic() - began) / len(group), FORGETTING * self._pace)
            del group  # As in `answer`: a fault that was told holds this frame as well.

    async def _part(self, group: Sequence[_Waiting[Q, A]], fault: Exception) -> None:
        """A fault of everybody's is told to all; whatever else fails may be the fault of one alone."""
        if of_everybody(fault) or len(group) == 1:
            _tell(group, fault)
            return
        for one in group:
            if not one.answer.done():
                await self._ask([one])


def _tell(group: Sequence[_Waiting[Q, A]], fault: Exception) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(fault)
