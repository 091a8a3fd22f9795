"""For which requests a stage is noted."""

import asyncio

from serving.telemetry import tracing
from serving.telemetry.timing import Stage
from serving.threads import Threads


def record() -> None:
    with Stage("recording"):
        pass


def test_what_is_done_together_is_done_for_each() -> None:
    mine, yours = tracing.Trace(""), tracing.Trace("")

    async def both() -> None:
        tracing.share([mine, yours])
        threads = Threads(1, "recording")
        await threads.run(record)
        threads.close()

    async def alone() -> None:
        await asyncio.create_task(both())
        assert tracing.shared() == ()
        record()

    asyncio.run(alone())
    assert [[name for name, *_ in trace.stages] for trace in (mine, yours)] == [["recording"]] * 2
