"""A pull brings the release behind an alias, proven, or leaves everything as it was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from serving.__main__ import commands
from serving.live.models import load_live
from serving.pull.once import pull
from serving.pull.registry import PullError, Registry
from serving.release import NAMES as NAMES_OF_MODELS
from serving.release import ModelName, live_folder
from tests.serving.pull.filled import FilledRegistry
from tests.serving.releases import Change
from tests.serving.tiny import ROWS, write_artifact

pytestmark = [  # MLflow's own, when it is imported
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
]


def test_the_release_becomes_the_live_one_with_its_models_and_rules(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path
) -> None:
    made: dict[str, str] = {name: filled.model(name) for name in NAMES_OF_MODELS}
    version = filled.release(alias, made)
    release, is_new = pull(registry, alias, tmp_path)
    assert is_new
    assert {model.name: model.version for model in release.models} == made
    assert {model.release for model in release.models} == {version} == {release.version}
    assert (release.pulled.alias, release.pulled.replaces) == (alias, "6")
    assert release.pulled.pulled_at.tzinfo is not None
    models, folder = load_live(tmp_path), live_folder(tmp_path)
    assert models.release == release
    assert models.rules is not None
    assert models.rules.policy.version == "p1"
    assert folder.name.startswith(f"release-{version}-")
    assert {path.name for path in tmp_path.iterdir()} == {"current", ".lock", folder.name}
    assert {path.name for path in folder.iterdir()} == {*NAMES_OF_MODELS, "release", "pulled.json"}


@pytest.mark.parametrize("name", NAMES_OF_MODELS)
def test_a_release_may_be_one_model_alone(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path, name: ModelName
) -> None:
    filled.release(alias, {name: filled.model(name)})
    pull(registry, alias, tmp_path)
    models = load_live(tmp_path)
    assert [one for one in NAMES_OF_MODELS if getattr(models, one) is not None] == [name]


def test_what_is_live_and_whole_is_not_downloaded_again(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path
) -> None:
    version = filled.release(alias, {"churn": filled.model("churn")})
    first, _ = pull(registry, alias, tmp_path)
    files = filled.files("release", version)
    files.rename(files.with_name("elsewhere"))  # a download would fail
    assert pull(registry, alias, tmp_path) == (first, False)


@pytest.mark.parametrize("damaged", ["churn/booster.txt", "release/policy.toml", "pulled.json"])
def test_what_is_live_and_damaged_is_brought_anew(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path, damaged: str
) -> None:
    filled.release(alias, {"churn": filled.model("churn")})
    pull(registry, alias, tmp_path)
    before = live_folder(tmp_path)
    with (before / damaged).open("a") as file:
        file.write("#")
    assert pull(registry, alias, tmp_path)[1]
    assert live_folder(tmp_path) != before
    load_live(tmp_path)


def test_an_alias_that_moves_back_brings_the_older_release_back(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path
) -> None:
    older = filled.release(alias, {"churn": filled.model("churn")})
    newer = filled.release(alias, {"churn": filled.model("churn")})
    assert pull(registry, alias, tmp_path)[0].version == newer
    filled.client.set_registered_model_alias("release", alias, older)
    assert pull(registry, alias, tmp_path)[0].version == older
    assert load_live(tmp_path).release.version == older


def worse(files: dict[str, Any]) -> None:
    golden = files["golden.json"]["probabilities"]
    golden[0] = [0.01] * len(golden[0]) if isinstance(golden[0], list) else golden[0] + 0.01


def test_the_command_says_what_is_live(
    filled: FilledRegistry, alias: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # away from the store that a demo leaves in a checkout
    made = filled.model("churn")
    version = filled.release(alias, {"churn": made})
    command = ["pull", "--alias", alias, "--tracking-uri", filled.uri, "--release", str(tmp_path)]
    result = CliRunner().invoke(commands, command)
    assert result.output == f"release {version} ({alias}) is live in {tmp_path}: churn {made}\n"


@pytest.mark.parametrize("name", NAMES_OF_MODELS)
def test_one_broken_model_leaves_the_old_release(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path, name: ModelName
) -> None:
    made: dict[str, str] = {each: filled.model(each) for each in NAMES_OF_MODELS}
    filled.release(alias, made)
    first, _ = pull(registry, alias, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    broken = filled.release(alias, {**made, name: filled.model(name, worse)})
    with pytest.raises(PullError, match=r"golden (rows|baskets)") as refused:
        pull(registry, alias, tmp_path)
    assert refused.value.kind == f"broken {broken}"
    assert load_live(tmp_path).release == first
    assert sorted(tmp_path.rglob("*")) == before


def no_rules(files: dict[str, Any]) -> None:
    files["catalogue.toml"] = "no TOML"


def other_rules(files: dict[str, Any]) -> None:
    files["release.json"]["rules"] = "0123456789ab"


def worse_customers(files: dict[str, Any]) -> None:
    files["golden.json"]["churn"]["probabilities"][0] += 1e-6


def no_customers(files: dict[str, Any]) -> None:
    del files["golden.json"]["churn"]


def other_checksum(files: dict[str, Any]) -> None:
    files["release.json"]["models"][0]["checksum"] = "0" * 64


def other_fingerprint(files: dict[str, Any]) -> None:
    files["release.json"]["models"][0]["fingerprint"] = "f9"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (no_rules, "catalogue.toml"),
        (other_rules, "other rules than those beside it"),
        (worse_customers, "churn does not score the golden customers in release"),
        (no_customers, "golden.json scores exactly"),
        (other_checksum, "is not the churn"),
        (other_fingerprint, "has other features than the store"),
    ],
)
def test_a_release_that_contradicts_itself_is_refused(
    filled: FilledRegistry, alias: str, tmp_path: Path, change: Change, sentence: str
) -> None:
    filled.release(alias, {"churn": filled.model("churn")}, change)
    with pytest.raises(PullError, match=sentence):
        pull(Registry(filled.uri), alias, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize("name", ["churn", "release"])
def test_files_that_vanished_leave_the_old_release(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path, name: str
) -> None:
    filled.release(alias, {"churn": filled.model("churn")})
    first, _ = pull(registry, alias, tmp_path)
    churn = filled.model("churn")
    release = filled.release(alias, {"churn": churn})
    files = filled.files(name, release if name == "release" else churn)
    files.rename(files.with_name(f"gone-{files.name}"))
    with pytest.raises(PullError, match=r"cannot be downloaded|its files are gone") as refused:
        pull(registry, alias, tmp_path)
    assert refused.value.kind == "download"
    assert load_live(tmp_path).release == first


def test_no_release_says_what_to_run(registry: Registry, alias: str, tmp_path: Path) -> None:
    with pytest.raises(PullError, match=f"no release@{alias}: .*python -m training release"):
        pull(registry, alias, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_a_missing_registry_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(PullError, match="MLFLOW_TRACKING_URI"):
        pull(Registry(f"sqlite:///{tmp_path}/mlflow.db"), "champion", tmp_path / "release")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_registry_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database, but some words\n" * 100)
    with pytest.raises(
        PullError, match=r"gives no release@champion .*file is not a database.* see that it is up"
    ):
        pull(Registry(f"sqlite:///{tmp_path}/notes.db"), "champion", tmp_path / "release")


def test_a_registry_that_is_down_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(PullError, match=r"gives no release@champion \(.*see that it is up"):
        pull(Registry("http://127.0.0.1:9"), "champion", tmp_path / "release")


def test_a_folder_that_cannot_be_made_is_one_sentence(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path
) -> None:
    filled.release(alias, {"churn": filled.model("churn")})
    (tmp_path / "file").write_text("")
    with pytest.raises(PullError, match="cannot be written") as refused:
        pull(registry, alias, tmp_path / "file" / "release")
    assert refused.value.kind == "disk"


def test_what_a_killed_pull_left_is_removed(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path
) -> None:
    filled.release(alias, {"churn": filled.model("churn")})
    write_artifact(tmp_path / ".pull-killed" / "staged" / "churn")
    pull(registry, alias, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"current", ".lock", live_folder(tmp_path).name}


def foreign_model(folder: Path) -> None:
    (folder / "weights.json").write_text("[1]")


def foreign_kind(folder: Path) -> None:
    write_artifact(folder / "artifacts" / "cross_sell")


@pytest.mark.parametrize("fill", [foreign_model, foreign_kind])
def test_a_model_that_is_none_of_ours_is_refused(
    filled: FilledRegistry,
    registry: Registry,
    alias: str,
    tmp_path: Path,
    fill: Callable[[Path], None],
) -> None:
    version = filled.model("cross_sell")
    filled.release(alias, {"cross_sell": version})
    files = filled.files("cross_sell", version)
    (files / "artifacts" / "cross_sell").rename(files / "artifacts" / "other")
    fill(files)
    with pytest.raises(PullError, match=r"none of ours|is not the cross_sell"):
        pull(registry, alias, tmp_path / "release")


def test_a_model_of_another_kind_is_refused(
    filled: FilledRegistry, registry: Registry, alias: str, tmp_path: Path
) -> None:
    def parents(files: dict[str, Any]) -> None:
        files["golden.json"]["cross_sell"]["parents"] = [""] * len(ROWS)

    churn = write_artifact(filled.folder / "files" / alias / "artifacts" / "cross_sell")
    version = filled.register("cross_sell", churn.parents[1])
    filled.release(alias, {"cross_sell": version}, parents)
    with pytest.raises(PullError, match="kind"):
        pull(registry, alias, tmp_path / "release")
