"""A real MLflow registry that holds tiny models and releases of them."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow

from serving.pull.registry import MODEL
from serving.release import ARTIFACT, NAMES, ModelName
from tests.serving.bundles import tiny as baskets
from tests.serving.cross_sell import tiny
from tests.serving.releases import Change, write_release
from tests.serving.tiny import write_artifact

WRITE = {"churn": write_artifact, "cross_sell": tiny.write_artifact, "bundles": baskets.write_artifact}


def unchanged(_: dict[str, Any]) -> None:
    """Leave the files as they are."""


class FilledRegistry:
    """A registry in a folder; each test has an alias of its own there.

    Versions are registered as training does, with their files in a folder that downloads as it lies.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"sqlite:///{folder}/mlflow.db"
        self.client = mlflow.MlflowClient(self.uri, self.uri)
        for name in (*NAMES, MODEL):
            self.client.create_registered_model(name)

    def model(self, name: ModelName, change: Change = unchanged) -> str:
        """Register a new version of a model; returns its number."""
        source = self._new_folder()
        WRITE[name](source / "artifacts" / name, change)
        return self.register(name, source)

    def release(self, alias: str, versions: Mapping[str, str], change: Change = unchanged) -> str:
        """Register a release that pins these versions and give it the alias; returns its number."""
        models = {name: self.files(name, version) / "artifacts" / name for name, version in versions.items()}
        source = self._new_folder()
        write_release(source / ARTIFACT, models, versions, change)
        return self.register(MODEL, source, alias)

    def register(self, name: str, source: Path, alias: str | None = None) -> str:
        """Register a folder as a new version, under an alias or none."""
        tags = {"replaces": "6"} if name == MODEL else {}
        made = self.client.create_model_version(name, source.as_uri(), tags=tags)
        if alias is not None:
            self.client.set_registered_model_alias(name, alias, made.version)
        return str(made.version)

    def files(self, name: str, version: str) -> Path:
        """Where the files of a version lie."""
        return Path(self.client.get_model_version_download_uri(name, version).removeprefix("file://"))

    def _new_folder(self) -> Path:
        folder = self.folder / "files" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return folder
