"""The service over what a test leaves in its folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo.asking import Service
from tests.serving.callers import TEXT
from tests.serving.running import Process

Start = Callable[[], Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the service over what lies in the folder; gives where it answers."""
    with ExitStack() as started:

        def start_there() -> Service:
            service = started.enter_context(Process(tmp_path))
            return Service(int(service.address.rpartition(":")[2]), TEXT)

        yield start_there
