"""The registry as a pull sees it: what an alias points at, and downloads. Nothing else here knows MLflow."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from features.errors import InputError

MODEL = "release"
"""The registered model whose versions are releases."""
SQLITE = "sqlite:///"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""How a registry says that it has no such model, and that the model has no such alias."""
BOUNDS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_DOWNLOAD_CHUNK_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""MLflow's own variables: without them a registry that hangs is waited for during a quarter of an hour."""


class PullError(InputError):
    """A pull brought nothing; `kind` tells one trouble from another, whatever the sentence."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(frozen=True)
class Found:
    """The version of the release that an alias points at; `replaces` is the champion that it took the place of."""

    version: str
    run_id: str | None
    replaces: str | None


class BrokenReleaseError(PullError):
    """The release behind an alias was brought and is refused."""

    def __init__(self, found: Found, sentence: str) -> None:
        super().__init__(f"broken {found.version}", sentence)
        self.found = found


class Registry:
    """An MLflow registry by its URI; what it does not answer within `BOUNDS` is a `PullError`."""

    def __init__(self, uri: str) -> None:
        for name, value in BOUNDS.items():
            os.environ.setdefault(name, value)
        mlflow.set_tracking_uri(uri)  # a download looks versions up there, whatever registry it is given
        self.uri = uri
        self.name = _without_password(uri)
        """The URI for people, without a password."""

    def find(self, alias: str) -> Found:
        """The release behind an alias. Raises `PullError` when there is none or the registry does not answer."""
        self._require_file()
        try:
            found = MlflowClient(self.uri, self.uri).get_model_version_by_alias(MODEL, alias)
        except Exception as fault:  # a database raises its own, which MLflow hands on
            if isinstance(fault, MlflowException) and fault.error_code in ABSENT:
                raise PullError(
                    "absent",
                    f"the registry {self.name} gives no {MODEL}@{alias}: make one with python -m training release",
                ) from fault
            raise PullError(
                "registry",
                f"the registry {self.name} gives no {MODEL}@{alias} ({_first_line(fault)}): see that it is up, or "
                "name another one with MLFLOW_TRACKING_URI",
            ) from fault
        return Found(str(found.version), found.run_id, found.tags.get("replaces") or None)

    def download(self, name: str, version: str, folder: Path) -> Path:
        """Bring a registered version into a new folder. Raises `PullError` when its files are not to be had."""
        address = f"models:/{name}/{version}"
        folder.mkdir(parents=True)
        try:
            return Path(
                mlflow.artifacts.download_artifacts(
                    artifact_uri=address,
                    dst_path=str(folder),
                    tracking_uri=self.uri,
                    registry_uri=self.uri,
                )
            )
        except Exception as fault:  # as above; a file system as well
            raise PullError(
                "download", f"{address} cannot be downloaded from {self.name}: {_first_line(fault)}"
            ) from fault

    def _require_file(self) -> None:
        """MLflow would make an empty database where a path is mistyped."""
        if self.uri.startswith(SQLITE) and not Path(self.uri.removeprefix(SQLITE)).is_file():
            raise PullError(
                "registry",
                f"there is no registry at {self.name}: train, promote and release first, beginning with python -m "
                "training churn --dataset FILE, or name the registry with MLFLOW_TRACKING_URI",
            )


def _first_line(fault: Exception) -> str:
    return _without_password(str(fault).partition("\n")[0])


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//***@", text)
