"""A pull brings the champions, verified, or leaves everything as it was."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from click.testing import CliRunner

from features.errors import InputError
from serving.__main__ import commands
from serving.artifact import ModelError
from serving.churn.model import load_model
from serving.models import load_live
from serving.pull import pull
from serving.release import NAMES as NAMES_OF_MODELS
from serving.release import ModelName, Release, ReleasedModel, live_folder, read_release
from tests.serving.bundles import tiny as baskets
from tests.serving.cross_sell import tiny
from tests.serving.tiny import NAMES, Change, write_artifact

pytestmark = [  # MLflow's own, when it is imported
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
]


class Registry:
    """A real MLflow registry in a folder; each test has an alias of its own there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"sqlite:///{folder}/mlflow.db"
        mlflow.set_tracking_uri(self.uri)
        self.client = mlflow.MlflowClient(self.uri, self.uri)
        self.experiment = mlflow.create_experiment("tiny", artifact_location=(folder / "artifacts").as_uri())

    def log(self, name: ModelName, alias: str | None, change: Change = lambda _: None) -> str:
        """Register a new version, under an alias or none; returns its number."""
        made = self.folder / "made" / uuid.uuid4().hex
        return self.log_folder(name, alias, WRITE[name](made, change))

    def log_folder(self, name: str, alias: str | None, folder: Path) -> str:
        """Register a folder as a new version."""
        with mlflow.start_run(experiment_id=self.experiment):
            info = mlflow.pyfunc.log_model(
                name=name,
                python_model=str(Path(__file__).with_name("pyfunc.py")),
                artifacts={"model": str(folder)},
                pip_requirements=["numpy"],
                registered_model_name=name,
            )
        version = str(info.registered_model_version)
        if alias is not None:
            self.client.set_registered_model_alias(name, alias, version)
        return version


WRITE = {"churn": write_artifact, "cross_sell": tiny.write_artifact, "bundles": baskets.write_artifact}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    before = mlflow.get_tracking_uri()
    yield Registry(tmp_path_factory.mktemp("registry"))
    mlflow.set_tracking_uri(before)


@pytest.fixture
def alias() -> str:
    """Nobody else's, as if the registry were new."""
    return f"a{uuid.uuid4().hex}"


def versions(release: Release) -> dict[str, str]:
    return {model.name: model.version for model in release.models}


def test_the_champion_becomes_the_live_release(registry: Registry, alias: str, tmp_path: Path) -> None:
    version = registry.log("churn", alias)
    registry.log("churn", None)
    release = pull((), alias, registry.uri, tmp_path)
    folder = live_folder(tmp_path)
    run_id = registry.client.get_model_version("churn", version).run_id
    assert release.models == (ReleasedModel(name="churn", version=version, run_id=run_id),)
    assert release.alias == alias
    assert release.pulled_at.tzinfo is not None
    assert read_release(folder) == release
    assert load_model(folder / "churn").description.features == NAMES
    assert {path.name for path in tmp_path.iterdir()} == {"current", folder.name}
    assert {path.name for path in folder.iterdir()} == {"churn", "release.json"}


def test_all_champions_go_live_together(registry: Registry, alias: str, tmp_path: Path) -> None:
    made = {name: registry.log(name, alias) for name in NAMES_OF_MODELS}
    release = pull((), alias, registry.uri, tmp_path)
    assert versions(release) == made
    models = load_live(tmp_path)
    assert models.release == release
    assert models.bundles is not None
    assert models.bundles[1].description.item_level == "type"
    folder = live_folder(tmp_path)
    assert {path.name for path in folder.iterdir()} == {*NAMES_OF_MODELS, "release.json"}
    assert folder.name.startswith("-".join(f"{name}-{version}" for name, version in made.items()))


def test_a_release_may_be_bundles_alone(registry: Registry, alias: str, tmp_path: Path) -> None:
    made = registry.log("bundles", alias)
    assert versions(pull((), alias, registry.uri, tmp_path)) == {"bundles": made}
    models = load_live(tmp_path)
    assert (models.churn, models.cross_sell) == (None, None)


def test_two_champions_go_live_together(registry: Registry, alias: str, tmp_path: Path) -> None:
    made = {"churn": registry.log("churn", alias), "cross_sell": registry.log("cross_sell", alias)}
    release = pull((), alias, registry.uri, tmp_path)
    assert versions(release) == made
    models = load_live(tmp_path)
    assert models.release == release
    assert models.cross_sell is not None
    assert models.cross_sell[1].description.features == tiny.NAMES
    assert {path.name for path in live_folder(tmp_path).iterdir()} == {"churn", "cross_sell", "release.json"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "churn {churn} and cross_sell {cross_sell} ({alias}) are live in {folder}\n"),
        (["--model", "cross_sell"], "cross_sell {cross_sell} ({alias}) is live in {folder}\n"),
        (
            ["--model", "cross_sell", "--model", "churn"],
            "churn {churn} and cross_sell {cross_sell} ({alias}) are live in {folder}\n",
        ),
    ],
    ids=["any", "one", "both"],
)
def test_the_command_tells_what_is_live(
    registry: Registry, alias: str, tmp_path: Path, options: list[str], told: str
) -> None:
    made = {"churn": registry.log("churn", alias), "cross_sell": registry.log("cross_sell", alias)}
    command = ["pull", "--alias", alias, "--tracking-uri", registry.uri, "--release", str(tmp_path), *options]
    result = CliRunner().invoke(commands, command)
    assert result.output == told.format(**made, alias=alias, folder=tmp_path)


@pytest.mark.parametrize("name", NAMES_OF_MODELS)
def test_only_what_is_chosen_is_pulled(
    registry: Registry, alias: str, tmp_path: Path, name: ModelName
) -> None:
    made = {each: registry.log(each, alias) for each in NAMES_OF_MODELS}
    pull((), alias, registry.uri, tmp_path)
    assert versions(pull((name,), alias, registry.uri, tmp_path)) == {name: made[name]}


def test_a_model_that_nobody_registered_is_left_out(registry: Registry, alias: str, tmp_path: Path) -> None:
    registry.log("cross_sell", None)
    registry.client.delete_registered_model("cross_sell")
    made = registry.log("churn", alias)
    assert versions(pull((), alias, registry.uri, tmp_path)) == {"churn": made}


def test_what_is_chosen_must_be_there(registry: Registry, alias: str, tmp_path: Path) -> None:
    registry.log("churn", alias)
    with pytest.raises(InputError, match=f"no cross_sell@{alias}: .*python -m training cross-sell"):
        pull(("churn", "cross_sell"), alias, registry.uri, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_a_live_model_without_a_champion_keeps_the_old_release(
    registry: Registry, alias: str, tmp_path: Path
) -> None:
    registry.log("churn", alias)
    registry.log("cross_sell", alias)
    first = pull((), alias, registry.uri, tmp_path)
    registry.client.delete_registered_model_alias("cross_sell", alias)
    newer = registry.log("churn", alias)
    with pytest.raises(InputError, match=r"cross_sell is live and .* or leave it out with --model churn"):
        pull((), alias, registry.uri, tmp_path)
    assert read_release(live_folder(tmp_path)) == first
    assert versions(pull(("churn",), alias, registry.uri, tmp_path)) == {"churn": newer}


def test_a_newer_champion_replaces_the_older_one(registry: Registry, alias: str, tmp_path: Path) -> None:
    registry.log("churn", alias)
    first = pull((), alias, registry.uri, tmp_path)
    newer = registry.log("churn", alias)
    second = pull((), alias, registry.uri, tmp_path)
    assert versions(first) != versions(second) == {"churn": newer}
    assert read_release(live_folder(tmp_path)) == second


def altered(files: dict[str, Any]) -> None:
    golden = files["golden.json"]["probabilities"]
    golden[0] = [0.01] * len(golden[0]) if isinstance(golden[0], list) else golden[0] + 0.01


@pytest.mark.parametrize("name", NAMES_OF_MODELS)
def test_one_broken_champion_leaves_the_old_release(
    registry: Registry, alias: str, tmp_path: Path, name: ModelName
) -> None:
    for each in NAMES_OF_MODELS:
        registry.log(each, alias)
    first = pull((), alias, registry.uri, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    registry.log(name, alias, altered)
    with pytest.raises(ModelError, match=r"golden (rows|baskets)"):
        pull((), alias, registry.uri, tmp_path)
    assert read_release(live_folder(tmp_path)) == first
    assert sorted(tmp_path.rglob("*")) == before


def test_artifacts_that_vanished_leave_the_old_release(
    registry: Registry, alias: str, tmp_path: Path
) -> None:
    registry.log("churn", alias)
    first = pull((), alias, registry.uri, tmp_path)
    version = registry.log("churn", alias)
    source = registry.client.get_model_version_download_uri("churn", version)
    stored = Path(source.removeprefix("file://"))
    stored.rename(stored.with_name("elsewhere"))
    with pytest.raises(InputError, match="its files are gone"):
        pull((), alias, registry.uri, tmp_path)
    assert read_release(live_folder(tmp_path)) == first


@pytest.mark.parametrize("model", [(), ("churn",)], ids=["any", "chosen"])
def test_no_champion_says_what_to_run(
    registry: Registry, alias: str, tmp_path: Path, model: tuple[ModelName, ...]
) -> None:
    registry.log("churn", None)
    with pytest.raises(InputError, match=f"no churn@{alias}.*python -m training churn"):
        pull(model, alias, registry.uri, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_a_missing_registry_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI"):
        pull((), "champion", f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "release")
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_is_down_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match=r"gives no churn@champion \(.*see that it is up"):
        pull((), "champion", "http://127.0.0.1:9", tmp_path / "release")


def test_a_model_of_another_project_is_refused(registry: Registry, alias: str, tmp_path: Path) -> None:
    foreign = registry.folder / "foreign"
    foreign.mkdir()
    (foreign / "weights.json").write_text(json.dumps([1]))
    registry.log_folder("churn", alias, foreign)
    with pytest.raises(InputError, match="no model of ours"):
        pull((), alias, registry.uri, tmp_path)


def test_a_model_of_another_kind_is_refused(registry: Registry, alias: str, tmp_path: Path) -> None:
    registry.log_folder("churn", alias, tiny.write_artifact(tmp_path / "made"))
    with pytest.raises(ModelError, match="kind"):
        pull((), alias, registry.uri, tmp_path / "release")
