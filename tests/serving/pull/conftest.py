"""One registry for all tests of pulls."""

import uuid
from collections.abc import Iterator

import mlflow
import pytest

from serving.pull.registry import Registry
from tests.serving.pull.filled import FilledRegistry


@pytest.fixture(scope="package")
def filled(tmp_path_factory: pytest.TempPathFactory) -> FilledRegistry:
    return FilledRegistry(tmp_path_factory.mktemp("registry"))


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave to other tests the registry that they use."""
    before = mlflow.get_tracking_uri()
    yield
    mlflow.set_tracking_uri(before)


@pytest.fixture
def registry(filled: FilledRegistry) -> Registry:
    return Registry(filled.uri)


@pytest.fixture
def alias() -> str:
    """Nobody else's, as if the registry were new."""
    return f"a{uuid.uuid4().hex}"
