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

from serving import tracing
from serving.ledger import TooLate
from serving.next_best_offer.deciding import CHUNK, of_everybody
from serving.threads import Threads
from serving.tracing import Trace

Q = TypeVar("Q")
A = TypeVar("A")

Step = Callable[[Sequence[Q], float], list[A]]
"""Answers questions, in their order, before a deadline (of `time.monotonic`): all or none."""

LAST_SHARE = 0.25
"""Of the time that a question may take: with no more left it would hardly be in time, and only keep others."""


@dataclass(frozen=True)
class _Waiting(Generic[Q, A]):
    step: Step[Q, A]
    question: Q
    deadline: float
    last_moment: float
    answer: asyncio.Future[A]
    traces: Sequence[Trace]

    @property
    def hopeless(self) -> bool:
        """Nobody waits any more, or there is too little time left."""
        return self.answer.done() or time.monotonic() >= self.last_moment


class Together(Generic[Q, A]):
    """Gathers questions of one event loop, and answers them in `threads`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._waiting: deque[_Waiting[Q, A]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._pace = 0.0  # seconds that each question of the last group took

    async def answer(self, step: Step[Q, A], question: Q, deadline: float) -> A:
        """What a step says to one question, asked with those that wait as well.

        `deadline` is of `time.monotonic`; who shares a group with an earlier one and loses by it has another turn.
        Raises what the step raises, and TimeoutError when too little time is left at its turn.
        """
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        last_moment = deadline - LAST_SHARE * (deadline - time.monotonic())
        self._waiting.append(_Waiting(step, question, deadline, last_moment, answer, tracing.shared()))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

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
            if one.hopeless:
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
            self._waiting.extendleft(one for one in reversed(group) if not one.hopeless)
            _tell([one for one in group if one.hopeless], fault)
        except Exception as fault:  # noqa: BLE001 - each who waits is told, and answers for it
            await self._part(group, fault)
        else:
            for one, answer in zip(group, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)
        finally:
            self._pace = (time.monotonic() - began) / len(group)

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
