"""In tests the notebooks run on a slice of the data, and their registry goes with the test."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def _slice(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    patch = pytest.MonkeyPatch()
    patch.setenv("NOTEBOOK_DATASET", str(Path(__file__).with_name("slice.toml")))
    patch.setenv("NOTEBOOK_WORKSPACE", str(folder))
    patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
