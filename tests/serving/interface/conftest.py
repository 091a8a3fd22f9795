"""The whole service, as it runs, for questions of every kind."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from schemathesis.python.asgi import shutdown_lifespans
from starlette.testclient import TestClient

from serving.app import create_app
from serving.live.live import Live
from serving.live.watch import Watch
from tests.serving.callers import HEADER, keyring
from tests.serving.interface.asking import TODAY
from tests.serving.places import publish_full, settings_in


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A service over files: all models, rules, a store that knows all of its customers, an empty ledger."""
    settings = settings_in(tmp_path_factory.mktemp("service"))
    publish_full(settings)
    live = Live()
    watch = Watch(live, settings)
    watch.refresh()
    yield create_app(live, watch, keyring=keyring(), clock=lambda: TODAY, budget_seconds=30)
    shutdown_lifespans()  # schemathesis starts a service with the first question, and would end it at exit


@pytest.fixture(scope="module")
def caller(service: FastAPI) -> Iterator[TestClient]:
    """Asks it with a key for everything."""
    with TestClient(service, raise_server_exceptions=False, headers=HEADER) as client:
        yield client
