"""Processes that never outlive the demo."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Self

from features.errors import InputError

TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Requests to stop, Ctrl-C first."""


class Children:
    """Processes that end with the block, together with everything that they started.

    A child that does not end within `patience` seconds after SIGTERM is killed.
    """

    def __init__(self, patience: float = 10.0) -> None:
        self._patience = patience
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them all, the latest first; a further request to stop waits until that is done."""
        with _undisturbed():
            running = [child for child in reversed(self._started) if child.poll() is None]
            for child in running:
                _signal(child, signal.SIGTERM)
            for child in running:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(self._patience)
                _signal(child, signal.SIGKILL)
                child.wait()

    def start(self, *arguments: str, log: Path | None = None, **variables: str) -> subprocess.Popen[bytes]:
        """Start `python ARGUMENTS` in a process group of its own, so that Ctrl-C reaches it through us only.

        What it says goes to a new file `log`, or to the terminal. `variables` join the environment. The demo has
        fixed places for release and store, so that settings of the service are not handed on.
        """
        settings = _environment() | variables
        with _undisturbed(), nullcontext() if log is None else log.open("wb") as said:
            child = subprocess.Popen(
                [sys.executable, *arguments], env=settings, process_group=0, stdout=said, stderr=said
            )
            self._started.append(child)
        return child

    def told(self, *arguments: str) -> str:
        """What `python ARGUMENTS`, which takes a moment, prints. Raises `InputError` when it fails."""
        command, pipe = [sys.executable, *arguments], subprocess.PIPE
        ran = subprocess.run(command, env=_environment(), stdout=pipe, stderr=pipe, text=True, check=False)
        if ran.returncode:
            raise InputError(ran.stderr.strip().removeprefix("error: "))
        return ran.stdout


def _environment() -> dict[str, str]:
    """Ours without settings of the service."""
    return {k: v for k, v in os.environ.items() if not k.startswith("SERVING_")}


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Requests to stop wait until the block has ended, so that no child is forgotten."""
    waiting: list[int] = []
    handlers = {each: signal.signal(each, lambda number, _: waiting.append(number)) for each in TO_STOP}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for came in waiting:
        signal.raise_signal(came)
