"""The service as a process of its own, as a user starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import httpx2

from tests.serving.keys import HEADER, write_keys
from tests.serving.places import settings_in, variables

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """The environment without settings, and with the checkout on the path."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SERVING_", "MLFLOW_"))
    }
    return {**inherited, "PYTHONPATH": str(ROOT)}


class Process:
    """`python -m serving run` on a free port over release, store, ledger, rules and keys of a folder.

    What it writes is read all the time: each answer is a line, and a full pipe would stop the service.
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
        )
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.lines: list[dict[str, Any]] = []
        self.address: str = self.wait_for("started")["address"]
        self.client = httpx2.Client(base_url=self.address, timeout=30, headers=HEADER)

    def wait_for(self, event: str) -> dict[str, Any]:
        """Read the log up to the next line of an event."""
        for text in self._written():
            self.lines.append(json.loads(text))
            if self.lines[-1]["event"] == event:
                return self.lines[-1]
        raise AssertionError(f"the service ended without {event}: {self.lines}")

    def stop(self) -> str:
        """End the service; returns what else it wrote."""
        self.client.close()
        self.process.terminate()
        self.process.wait(timeout=30)
        self._reader.join()
        return "".join(self._written())

    def _written(self) -> Iterator[str]:
        """What nobody has looked at yet, up to the end, which is there for the next look as well."""
        yield from iter(self._texts.get, None)
        self._texts.put(None)

    def kill(self) -> None:
        """End the service without a word."""
        self.client.close()
        self.process.kill()
        self.process.wait(timeout=30)
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for text in self.process.stdout:
                self._texts.put(text)
        self._texts.put(None)
