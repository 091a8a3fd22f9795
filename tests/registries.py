"""Real MLflow registries in folders of their own: a SQLite file and its artifacts beside it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import pytest
from mlflow.entities import Run

from training.registry import use_registry


def runs_of(experiment: str) -> list[Run]:
    """Every run of an experiment of the registry in use."""
    found = mlflow.get_experiment_by_name(experiment)
    assert found is not None
    return list(mlflow.MlflowClient().search_runs([found.experiment_id]))


@contextmanager
def registry_in(folder: Path, copied_from: Path | None = None) -> Iterator[Path]:
    """Use `folder/mlflow.db` as the registry, at first a copy of another one (making one takes seconds)."""
    before = mlflow.get_tracking_uri()
    folder.mkdir(parents=True, exist_ok=True)
    if copied_from:
        shutil.copy(copied_from / "mlflow.db", folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        use_registry()
        yield folder
        mlflow.set_tracking_uri(before)
