"""What every call may need beside what is served: the clock, threads to wait in, whether the end has come."""

from collections.abc import Callable
from datetime import UTC, datetime

from serving.threads import Threads

Clock = Callable[[], datetime]
"""Says when it is, in UTC."""

DECISION_THREADS = 2
READING_THREADS = 2
WRITING_THREADS = 3
"""For outcomes, consents and decisions of batches, which may wait long for the database."""
ERASURE_THREADS = 1
"""Each erasure writes the whole store anew."""


def now() -> datetime:
    """The moment, UTC."""
    return datetime.now(UTC)


class Runtime:
    """The clock of one service and its threads, so that no kind of call waits for another kind.

    Together the threads are as many as a ledger on PostgreSQL has connections.
    """

    def __init__(self, clock: Clock = now, *, ready_when_stale: bool = True) -> None:
        self.clock = clock
        self.ready_when_stale = ready_when_stale
        """Whether answers from a store past its allowed age are better than none."""
        self.draining = False
        """Set once the service is told to stop: it answers until it does, but is no longer ready."""
        self.decisions = Threads(DECISION_THREADS, "decision")
        self.readings = Threads(READING_THREADS, "reading")
        self.writings = Threads(WRITING_THREADS, "writing")
        self.erasures = Threads(ERASURE_THREADS, "erasure")

    def close(self) -> None:
        """Let go of the threads."""
        for threads in (self.decisions, self.readings, self.writings, self.erasures):
            threads.close()
