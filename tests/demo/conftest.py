"""The service over what a test leaves in its folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.serving.process import Process

Start = Callable[[], int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the service over what lies in the folder; gives its port."""
    started: list[Process] = []

    def start_there() -> int:
        started.append(Process(tmp_path))
        return int(started[-1].address.rpartition(":")[2])

    yield start_there
    for service in started:
        service.stop()
