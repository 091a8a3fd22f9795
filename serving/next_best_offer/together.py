"""Questions that wait at the same time are recorded together: one write to disk for all of them.

A write to disk takes longer than everything else of a decision. While one is under way the next questions gather.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving import tracing
from serving.decision.trace import Decision
from serving.ledger import Erased, LedgerError, Occasion, TooLate
from serving.next_best_offer.deciding import CHUNK
from serving.threads import Threads
from serving.tracing import Trace

Settle = Callable[[Sequence[Occasion], float], list[Decision]]
"""Records occasions before a deadline, all or none."""


@dataclass(frozen=True)
class _Waiting:
    settle: Settle
    occasion: Occasion
    deadline: float
    decision: asyncio.Future[Decision]
    traces: Sequence[Trace]

    @property
    def hopeless(self) -> bool:
        """Nobody waits any more, or there is no time left."""
        return self.decision.done() or time.monotonic() >= self.deadline


class Together:
    """Gathers questions of one event loop, and records them in `threads`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._waiting: deque[_Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def settle(self, settle: Settle, occasion: Occasion, deadline: float) -> Decision:
        """The decision of one occasion, recorded with those that wait as well.

        `deadline` is of `time.monotonic`; who shares a transaction with an earlier one and loses by it has another
        turn. Raises what `settle` raises, and TimeoutError when the deadline passes before its turn.
        """
        decision: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(settle, occasion, deadline, decision, tracing.shared()))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await decision

    async def _work(self) -> None:
        while self._waiting:
            group = self._group()
            if group:
                await self._record(group)

    def _group(self) -> list[_Waiting]:
        """The next who wait for the same, without those for whom it is too late."""
        settle, group = self._waiting[0].settle, list[_Waiting]()
        while self._waiting and len(group) < CHUNK and self._waiting[0].settle == settle:
            one = self._waiting.popleft()
            if not one.hopeless:
                group.append(one)
            elif not one.decision.done():
                one.decision.set_exception(TimeoutError())
        return group

    async def _record(self, group: Sequence[_Waiting]) -> None:
        deadline = min(one.deadline for one in group)
        occasions = [one.occasion for one in group]
        tracing.share(trace for one in group for trace in one.traces)
        try:
            decisions = await self._threads.run(group[0].settle, occasions, deadline)
        except TooLate as fault:
            self._waiting.extendleft(one for one in reversed(group) if not one.hopeless)
            _tell([one for one in group if one.hopeless], fault)
        except Exception as fault:  # noqa: BLE001 - each who waits is told, and answers for it
            await self._part(group, fault)
        else:
            for one, decision in zip(group, decisions, strict=True):
                if not one.decision.done():
                    one.decision.set_result(decision)

    async def _part(self, group: Sequence[_Waiting], fault: Exception) -> None:
        """A ledger that is broken is so for all; whatever else fails may be the fault of one alone."""
        broken = isinstance(fault, LedgerError) and not isinstance(fault, Erased)
        if broken or len(group) == 1:
            _tell(group, fault)
            return
        for one in group:
            if not one.decision.done():
                await self._record([one])


def _tell(group: Sequence[_Waiting], fault: Exception) -> None:
    for one in group:
        if not one.decision.done():
            one.decision.set_exception(fault)
