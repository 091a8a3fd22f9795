"""How a command ends when it is told to."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let the signal end the command as an exception does, so that no half-written file stays."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def ended_at_once() -> Iterator[None]:
    """The same, without waiting for threads: those of a download hold a process until their time-outs."""
    try:
        with ended_by_sigterm():
            yield
    except SystemExit as ended:
        sys.stderr.flush()
        os._exit(int(ended.code or 0))
