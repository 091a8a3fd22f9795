"""What every call may need beside what is served: the clock, and threads to wait in."""

from collections.abc import Callable
from datetime import UTC, datetime

from serving.threads import Threads

Clock = Callable[[], datetime]
"""Says when it is, in UTC."""

LEDGER_THREADS = 6
"""Calls of the ledger at once; the database queues more than it takes."""
ERASURE_THREADS = 1
"""Erasures at once: each writes the whole store anew, and no offer may have to wait for that."""


def now() -> datetime:
    """The moment, UTC."""
    return datetime.now(UTC)


class Runtime:
    """The clock of one service and its threads; tests bring a clock of their own."""

    def __init__(self, clock: Clock = now) -> None:
        self.clock = clock
        self.ledger = Threads(LEDGER_THREADS, "ledger")
        self.erasures = Threads(ERASURE_THREADS, "erasure")

    def close(self) -> None:
        """Let go of the threads."""
        self.ledger.close()
        self.erasures.close()
