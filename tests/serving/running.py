"""The service as a process of its own, as a user starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Self

import httpx2

from tests.serving.callers import HEADER, write_keys
from tests.serving.places import settings_in, variables

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which what has not been written never is."""


def environment() -> dict[str, str]:
    """The environment without settings, and with the checkout on the path."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SERVING_", "MLFLOW_"))
    }
    return {**inherited, "PYTHONPATH": str(ROOT)}


class Process:
    """`python -m serving run` on a free port over release, store, ledger, rules and keys of a folder.

    What it writes is read all the time: each answer is a line, and a full pipe would stop the service. No process
    of it outlives a `with` block.
    """

    def __init__(self, folder: Path, *within: str, **more: str) -> None:
        """`within` is a command that runs the command which follows it; `more` joins the environment."""
        settings = settings_in(folder)
        if not settings.keys.exists():
            write_keys(settings.keys)
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "serving", "run", "--port", "0"],
            env={**environment(), **variables(settings), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.lines: list[dict[str, Any]] = []
        self.client = httpx2.Client(timeout=30, headers=HEADER)
        try:
            self.address: str = self.wait_for("started")["address"]
        except BaseException:
            self.kill()
            raise
        self.client.base_url = self.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, event: str) -> dict[str, Any]:
        """Read the log up to the next line of an event."""
        try:
            for text in self._written():
                self.lines.append(json.loads(text))
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        except Empty:
            raise AssertionError(f"no {event} within {PATIENCE:g} seconds: {self.lines}") from None
        raise AssertionError(f"the service ended without {event}: {self.lines}")

    def stop(self) -> str:
        """End the service, and kill what is left of it after 30 seconds; returns what else it wrote."""
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        finally:
            self.kill()
        return "".join(self._written())

    def kill(self) -> None:
        """End the service without a word, its workers as well."""
        self.client.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        self._reader.join(timeout=30)

    def _written(self) -> Iterator[str]:
        """What nobody has looked at yet, up to the end, which is there for the next look as well."""
        until = time.monotonic() + PATIENCE
        while (text := self._texts.get(timeout=max(0.0, until - time.monotonic()))) is not None:
            yield text
        self._texts.put(None)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for text in self.process.stdout:
                self._texts.put(text)
        self._texts.put(None)
