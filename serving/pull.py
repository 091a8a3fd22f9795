"""From the registry to disk: the only module here that knows MLflow; never part of the running service."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import InputError
from serving.churn.model import load_model
from serving.release import Release, switch

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

SQLITE = "sqlite:///"


def pull(model: str, alias: str, tracking_uri: str, destination: Path) -> Release:
    """Bring the model version behind the alias into the release folder and make it the live one.

    The download is verified by loading it before the switch; after any failure the old release stays live.
    Raises `InputError` when the registry, the model or the alias is missing, `ModelError` for a broken
    artifact.
    """
    _require_registry(tracking_uri)
    version = _resolve(model, alias, tracking_uri)
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=destination) as temporary:
        staged = Path(temporary) / "staged"
        staged.mkdir()
        _artifact_folder(_download(version, tracking_uri, Path(temporary))).rename(staged / model)
        load_model(staged / model)
        release = Release(
            model=model,
            version=str(version.version),
            run_id=version.run_id,
            alias=alias,
            pulled_at=datetime.now(UTC),
        )
        switch(destination, staged, release)
    return release


def _resolve(model: str, alias: str, tracking_uri: str) -> "ModelVersion":
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        return mlflow.MlflowClient(tracking_uri, tracking_uri).get_model_version_by_alias(model, alias)
    except MlflowException as fault:
        raise InputError(
            f"the registry {tracking_uri} gives no {model}@{alias} ({fault.message}): "
            f"train and promote one first with python -m training {model} --dataset FILE"
        ) from fault


def _require_registry(tracking_uri: str) -> None:
    """MLflow would make an empty database where a path is mistyped."""
    if tracking_uri.startswith(SQLITE) and not Path(tracking_uri.removeprefix(SQLITE)).is_file():
        raise InputError(
            f"there is no registry at {tracking_uri}: train and promote a model first with "
            "python -m training churn --dataset FILE, or name the registry with MLFLOW_TRACKING_URI"
        )


def _download(version: "ModelVersion", tracking_uri: str, folder: Path) -> Path:
    import mlflow
    from mlflow.exceptions import MlflowException

    address = f"models:/{version.name}/{version.version}"
    try:
        return Path(
            mlflow.artifacts.download_artifacts(
                artifact_uri=address,
                dst_path=str(folder / "download"),
                tracking_uri=tracking_uri,
                registry_uri=tracking_uri,
            )
        )
    except (MlflowException, OSError) as fault:
        raise InputError(f"{address} cannot be downloaded from {tracking_uri}: {fault}") from fault


def _artifact_folder(download: Path) -> Path:
    """Where MLflow put the artifact of a logged pyfunc: `artifacts/NAME`."""
    found = [path.parent for path in download.glob("artifacts/*/model.json")]
    if len(found) != 1:
        raise InputError(
            "no artifacts/NAME/model.json was downloaded: its files are gone, or it is no model of ours"
        )
    return found[0]
