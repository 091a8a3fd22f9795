"""A tiny real model and store, and a client of the service over them."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving import logs
from serving.app import create_app
from serving.churn.answers import Churn
from serving.churn.model import load_model
from serving.live import Live
from tests.fakes import MemoryStore
from tests.serving.tiny import INFO, RELEASE, ROWS, write_artifact


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that nobody changes."""
    return write_artifact(tmp_path_factory.mktemp("artifact") / "churn")


@pytest.fixture
def churn(artifact: Path) -> Churn:
    return Churn(RELEASE, load_model(artifact), MemoryStore(INFO, ROWS))


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The log lines that were written since the test began."""
    stream = StringIO()
    handler = logs.write_to(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("serving").removeHandler(handler)


@pytest.fixture
def live(churn: Churn) -> Live:
    return Live(churn)


@pytest.fixture
def client(live: Live) -> Iterator[TestClient]:
    with TestClient(create_app(live), raise_server_exceptions=False) as connected:
        yield connected
