"""What every road starts with."""

from pathlib import Path

import pytest

from tests.registries import registry_in


@pytest.fixture(scope="session")
def new_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that nobody has used: copied, never changed."""
    folder = tmp_path_factory.mktemp("new-registry")
    with registry_in(folder):
        return folder
