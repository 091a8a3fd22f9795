"""Who answers in the benchmark of the service: the service itself, and `mlflow models serve` with its churn model.

Each runs as a process of its own with one worker. MLflow serves the boosted trees of the released churn model as
its LightGBM flavor, saved with an example of its input, which gives it a signature as `autolog` does; the model
as it is registered, a pyfunc around the same trees, is slower there. It answers with the trees alone: linear part,
calibration and words are work that only the service does.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from benchmarks.processes import alone
from serving.process.one_thread import ONE_THREAD
from serving.settings import PREFIX, Settings

STARTING_SECONDS = 120.0
LOOKING_SECONDS = 0.02


@dataclass(frozen=True)
class Running:
    """A contestant that can be asked: the process that was started, and its port."""

    pid: int
    port: int


@contextmanager
def service(settings: Settings, log: Path) -> Iterator[Running]:
    """`python -m serving run` with `NOTHING` added, for as long as it is used; its log lines go to a file."""
    command = [sys.executable, "-m", "benchmarks.with_nothing", "run", "--port", "0"]
    with log.open("w") as lines:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command, env=environment(settings), stdout=lines, stderr=lines
        )
    try:
        wait_for(
            lambda: process.poll() is not None or started_at(log) is not None, f"the service (see {log})"
        )
        if (port := started_at(log)) is None:
            raise RuntimeError(f"the service did not start: {log.read_text()}")
        yield Running(process.pid, port)
    finally:
        process.terminate()
        process.wait()


def environment(settings: Settings) -> dict[str, str]:
    """That of a process with these settings."""
    chosen = {f"{PREFIX}{name.upper()}": str(getattr(settings, name)) for name in settings.model_fields_set}
    return {**os.environ, **chosen}


def started_at(log: Path) -> int | None:
    """The port of the service with this log, once it has said so."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.endswith("}"))
    addresses = (line["address"] for line in lines if line["event"] == "started")
    return next((int(address.rpartition(":")[2]) for address in addresses), None)


def save_flavor(booster: Path, folder: Path, *, signed: bool) -> None:
    """Keep trees as MLflow's LightGBM flavor does; signed with an example of their input, as `autolog` does."""
    import mlflow.lightgbm  # noqa: PLC0415 - costs seconds: only the process that saves pays for it

    trees = lightgbm.Booster(model_file=booster)
    names = trees.feature_name()
    example = pd.DataFrame(np.ones((1, len(names))), columns=names) if signed else None
    mlflow.lightgbm.save_model(trees, folder, input_example=example, pip_requirements=["lightgbm"])


@contextmanager
def mlflow_server(booster: Path, folder: Path, *, signed: bool) -> Iterator[Running]:
    """`mlflow models serve` of these trees in this environment, with what it does by default, and one thread."""
    alone(save_flavor, booster, folder, signed=signed)
    port = free_port()
    command = ["models", "serve", "-m", str(folder), "--env-manager", "local", "-p", str(port)]
    with Path(f"{folder}.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - the command of an installed package
            [Path(sys.executable).with_name("mlflow"), *command],
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PATH": _path()},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(lambda: answers(port, "/ping"), f"mlflow models serve (see {folder}.log)")
        yield Running(process.pid, port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _path() -> str:
    """The command looks for its server's program there."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def answers(port: int, path: str) -> bool:
    """Whether a server there answers 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def wait_for(met: Callable[[], bool], what: str) -> None:
    """Return as soon as it is met. Raises `TimeoutError` when it takes far too long."""
    deadline = time.monotonic() + STARTING_SECONDS
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start within {STARTING_SECONDS:g} seconds")
        time.sleep(LOOKING_SECONDS)
