"""Threads for calls that wait for a database or a disk, so that the event loop serves others meanwhile."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """As many calls at once as there are threads; the others wait for their turn."""

    def __init__(self, most: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(most, name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the call returns or raises; it runs in the context of who waits for it."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        return await loop.run_in_executor(self._executor, lambda: context.run(call, *args, **kwargs))

    def close(self) -> None:
        """Let go of the threads; who still waits for a turn has none."""
        self._executor.shutdown(wait=False, cancel_futures=True)
