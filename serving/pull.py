"""From the registry to disk: the only module here that knows MLflow; never part of the running service."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import InputError
from serving.artifact import ModelError
from serving.models import load_models
from serving.release import NAMES, ModelName, Release, ReleasedModel, live_folder, read_release, switch

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

SQLITE = "sqlite:///"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""How a registry says that it has no such model, and that the model has no such alias."""


def pull(models: Sequence[ModelName], alias: str, tracking_uri: str, destination: Path) -> Release:
    """Bring the versions behind the alias into the release folder and make them live, all at once.

    `models` are all wanted; none named takes each one that has the alias. The downloads are verified by
    loading them before the switch; after any failure the old release stays live. Raises `InputError` when the
    registry or a wanted version is missing, or one that is live has lost its alias, and `ModelError` for a
    broken artifact.
    """
    _require_registry(tracking_uri)
    versions = _resolve(models, alias, tracking_uri, destination)
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=destination) as temporary:
        staged = Path(temporary) / "staged"
        staged.mkdir()
        for name, version in versions.items():
            download = _download(version, tracking_uri, Path(temporary) / "download" / name)
            _artifact_folder(download).rename(staged / name)
        release = Release(
            models=tuple(
                ReleasedModel(name=name, version=str(version.version), run_id=version.run_id)
                for name, version in versions.items()
            ),
            alias=alias,
            pulled_at=datetime.now(UTC),
        )
        load_models(staged, release)
        switch(destination, staged, release)
    return release


def _resolve(
    wanted: Sequence[ModelName], alias: str, tracking_uri: str, destination: Path
) -> "dict[ModelName, ModelVersion]":
    found = {name: _version(name, alias, tracking_uri) for name in NAMES if name in (wanted or NAMES)}
    versions = {name: version for name, version in found.items() if version is not None}
    absent = [name for name in found if name not in versions]
    if absent and (wanted or not versions):
        raise InputError(
            f"the registry {tracking_uri} gives no {' and no '.join(f'{name}@{alias}' for name in absent)}: "
            f"train and promote one first with {_training(absent[0])}"
        )
    lost = sorted(_live_names(destination).intersection(absent))
    if lost:
        raise InputError(
            f"{lost[0]} is live and the registry {tracking_uri} gives no {lost[0]}@{alias} any more: promote "
            f"one with {_training(lost[0])}, or leave it out with --model {' --model '.join(versions)}"
        )
    return versions


def _training(name: ModelName) -> str:
    return f"python -m training {name.replace('_', '-')} --dataset FILE"


def _live_names(destination: Path) -> set[ModelName]:
    try:
        return {model.name for model in read_release(live_folder(destination)).models}
    except ModelError:
        return set()


def _version(name: ModelName, alias: str, tracking_uri: str) -> "ModelVersion | None":
    """The version behind the alias, None when the registry answers that there is none."""
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        return mlflow.MlflowClient(tracking_uri, tracking_uri).get_model_version_by_alias(name, alias)
    except MlflowException as fault:
        if fault.error_code in ABSENT:
            return None
        raise InputError(
            f"the registry {tracking_uri} gives no {name}@{alias} ({fault.message}): see that it is up, or name "
            "another one with MLFLOW_TRACKING_URI"
        ) from fault


def _require_registry(tracking_uri: str) -> None:
    """MLflow would make an empty database where a path is mistyped."""
    if tracking_uri.startswith(SQLITE) and not Path(tracking_uri.removeprefix(SQLITE)).is_file():
        raise InputError(
            f"there is no registry at {tracking_uri}: train and promote a model first with "
            "python -m training churn (or cross-sell, or bundles) --dataset FILE, or name the registry with "
            "MLFLOW_TRACKING_URI"
        )


def _download(version: "ModelVersion", tracking_uri: str, folder: Path) -> Path:
    import mlflow
    from mlflow.exceptions import MlflowException

    address = f"models:/{version.name}/{version.version}"
    folder.mkdir(parents=True)
    try:
        return Path(
            mlflow.artifacts.download_artifacts(
                artifact_uri=address,
                dst_path=str(folder),
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
