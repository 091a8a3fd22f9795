"""A pull brings the champion, verified, or leaves everything as it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest

from features.errors import InputError
from serving.artifact import ModelError
from serving.churn.model import load_model
from serving.pull import pull
from serving.release import live_folder, read_release
from tests.serving.tiny import NAMES, Change, write_artifact

pytestmark = [  # MLflow's own, when it is imported
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
]


class Registry:
    """A real MLflow registry in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"sqlite:///{folder}/mlflow.db"
        mlflow.set_tracking_uri(self.uri)
        self.client = mlflow.MlflowClient(self.uri, self.uri)
        self.experiment = mlflow.create_experiment("tiny", artifact_location=(folder / "artifacts").as_uri())

    def log(self, name: str, change: Change = lambda _: None, *, promote: bool = True) -> str:
        """Register a new version; returns its number."""
        with mlflow.start_run(experiment_id=self.experiment) as run:
            artifact = write_artifact(self.folder / "made" / run.info.run_id, change)
            info = mlflow.pyfunc.log_model(
                name=name,
                python_model=str(Path(__file__).with_name("pyfunc.py")),
                artifacts={"model": str(artifact)},
                pip_requirements=["numpy"],
                registered_model_name=name,
            )
        version = str(info.registered_model_version)
        if promote:
            self.client.set_registered_model_alias(name, "champion", version)
        return version


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    before = mlflow.get_tracking_uri()
    yield Registry(tmp_path_factory.mktemp("registry"))
    mlflow.set_tracking_uri(before)


def test_the_champion_becomes_the_live_release(registry: Registry, tmp_path: Path) -> None:
    version = registry.log("churn")
    registry.log("churn", promote=False)
    release = pull("churn", "champion", registry.uri, tmp_path)
    folder = live_folder(tmp_path)
    assert (release.model, release.version, release.alias) == ("churn", version, "champion")
    assert release.run_id == registry.client.get_model_version("churn", version).run_id
    assert release.pulled_at.tzinfo is not None
    assert read_release(folder) == release
    assert load_model(folder / "churn").description.features == NAMES
    assert {path.name for path in tmp_path.iterdir()} == {"current", folder.name}


def test_a_newer_champion_replaces_the_older_one(registry: Registry, tmp_path: Path) -> None:
    registry.log("churn")
    first = pull("churn", "champion", registry.uri, tmp_path)
    registry.log("churn")
    second = pull("churn", "champion", registry.uri, tmp_path)
    assert int(second.version) == int(first.version) + 1
    assert read_release(live_folder(tmp_path)) == second


def altered(files: dict[str, Any]) -> None:
    files["golden.json"]["probabilities"][0] += 0.01


def test_a_broken_champion_leaves_the_old_release(registry: Registry, tmp_path: Path) -> None:
    registry.log("broken")
    first = pull("broken", "champion", registry.uri, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    registry.log("broken", altered)
    with pytest.raises(ModelError, match="golden rows"):
        pull("broken", "champion", registry.uri, tmp_path)
    assert read_release(live_folder(tmp_path)) == first
    assert sorted(tmp_path.rglob("*")) == before


def test_artifacts_that_vanished_leave_the_old_release(registry: Registry, tmp_path: Path) -> None:
    registry.log("vanishing")
    first = pull("vanishing", "champion", registry.uri, tmp_path)
    version = registry.log("vanishing")
    source = registry.client.get_model_version_download_uri("vanishing", version)
    stored = Path(source.removeprefix("file://"))
    stored.rename(stored.with_name("elsewhere"))
    with pytest.raises(InputError, match="its files are gone"):
        pull("vanishing", "champion", registry.uri, tmp_path)
    assert read_release(live_folder(tmp_path)) == first


@pytest.mark.parametrize(("name", "alias"), [("nobody", "champion"), ("unpromoted", "champion")])
def test_no_champion_says_what_to_run(registry: Registry, tmp_path: Path, name: str, alias: str) -> None:
    registry.log("unpromoted", promote=False)
    with pytest.raises(InputError, match=f"python -m training {name}"):
        pull(name, alias, registry.uri, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_a_missing_registry_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI"):
        pull("churn", "champion", f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "release")
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_is_down_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match="gives no churn@champion"):
        pull("churn", "champion", "http://127.0.0.1:9", tmp_path / "release")


def test_a_model_of_another_project_is_refused(registry: Registry, tmp_path: Path) -> None:
    with mlflow.start_run(experiment_id=registry.experiment):
        foreign = registry.folder / "foreign"
        foreign.mkdir()
        (foreign / "weights.json").write_text(json.dumps([1]))
        mlflow.pyfunc.log_model(
            name="foreign",
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            artifacts={"model": str(foreign)},
            pip_requirements=["numpy"],
            registered_model_name="foreign",
        )
    registry.client.set_registered_model_alias("foreign", "champion", "1")
    with pytest.raises(InputError, match="no model of ours"):
        pull("foreign", "champion", registry.uri, tmp_path)
