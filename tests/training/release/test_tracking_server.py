"""Releases in a registry that is reached over HTTP; `test_pipeline` says the same of a SQLite file."""

import json
from pathlib import Path

import mlflow
import pytest

from demo.asking import HOST
from demo.processes import Children
from demo.servers import free_port, wait_until_up
from tests.training.release import made
from training.registry import use_registry
from training.release.pipeline import Sources, release, rollback


@pytest.mark.slow
@pytest.mark.usefixtures("registry")  # which puts the address back, too
def test_a_tracking_server_takes_gives_and_rolls_back_releases(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port(0)
    place = (
        "--backend-store-uri",
        f"sqlite:///{tmp_path}/server.db",
        "--artifacts-destination",
        str(tmp_path / "a"),
    )
    with Children() as children:
        command = ("-m", "mlflow", "server", *place, "--host", HOST, "--port", str(port), "--workers", "1")
        started = children.start(
            *command, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", PYTHONWARNINGS="ignore"
        )
        wait_until_up(started, port)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{HOST}:{port}")
        use_registry()
        for _ in range(2):
            made.registered(tmp_path / "models", "bundles")
            assert release(sources, {}, ()).live
        _, version = rollback(None)
        folder = tmp_path / "pulled"
        folder.mkdir()
        mlflow.artifacts.download_artifacts(f"models:/release/{version.number}", dst_path=str(folder))
        told = json.loads((folder / "release" / "release.json").read_text())
        assert [(model["name"], model["version"]) for model in told["models"]] == [("bundles", "1")]
