"""Runs, versions, aliases and verdicts, in a real registry."""

import json
import logging
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from tests.registries import registry_in, runs_of
from training.churn.pipeline import CHURN
from training.registry import (
    SCORES,
    VERDICT,
    Version,
    champion_of,
    dataset_of,
    download_model,
    find_version,
    log_results,
    log_scores,
    passed_gate,
    record_verdict,
    recorded_run,
    register_files,
    scores_behind,
    set_tag,
    tags_of,
    use_registry,
)
from training.verdict import Check, Verdict

YES = Verdict((Check("better", "by far", holds=True),))
NO = Verdict((Check("better", "not at all", holds=False),))


def test_files_of_a_run_lie_beside_the_database_and_nowhere_else(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "report" / "plots").mkdir(parents=True)
    (tmp_path / "report" / "card.md").write_text("# card")
    (tmp_path / "report" / "plots" / "lift.png").write_bytes(b"png")
    monkeypatch.chdir(elsewhere)
    with recorded_run("churn", {"churn.rounds": 5}, {"dataset": "tiny"}):
        log_results({"auc": 0.8}, tmp_path / "report")
    found = {path.name for path in (registry / "mlruns" / "churn").rglob("*") if path.is_file()}
    assert found == {"card.md", "lift.png"}
    assert list(elsewhere.iterdir()) == []


@pytest.mark.usefixtures("registry")
def test_a_run_keeps_parameters_tags_metrics_and_scores(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    scores = pd.DataFrame({"label": [1.0, 0.0], "model": [0.9, 0.1]})
    with recorded_run("churn", {"churn.rounds": 5}, {"dataset": "tiny"}):
        log_results({"auc": 0.8}, tmp_path / "report")
        log_scores(scores)
    (run,) = runs_of("churn")
    assert run.data.params == {"churn.rounds": "5"}
    assert run.data.tags["dataset"] == "tiny"
    assert run.data.metrics == {"auc": 0.8}
    pd.testing.assert_frame_equal(scores_behind(Version("churn", 1, run.info.run_id)), scores)


@pytest.mark.usefixtures("registry")
def test_runs_of_one_experiment_stand_together() -> None:
    for rounds in (1, 2):
        with recorded_run("churn", {"rounds": rounds}, {}):
            pass
    assert len(runs_of("churn")) == 2


@pytest.mark.usefixtures("registry")
def test_a_run_that_a_project_has_opened_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    client = mlflow.MlflowClient()
    run = client.create_run(client.create_experiment("project"))
    monkeypatch.setenv("MLFLOW_RUN_ID", run.info.run_id)
    with recorded_run("churn", {"rounds": 1}, {}):
        pass
    assert client.get_run(run.info.run_id).data.params == {"rounds": "1"}
    assert mlflow.get_experiment_by_name("churn") is None


@pytest.mark.usefixtures("registry")
def test_a_run_that_breaks_off_is_marked_and_leaves_no_version() -> None:
    with pytest.raises(ZeroDivisionError), recorded_run("churn", {}, {}):
        raise ZeroDivisionError
    client = mlflow.MlflowClient()
    (run,) = runs_of("churn")
    assert run.info.status == "FAILED"
    assert list(client.search_registered_models()) == []


@pytest.mark.usefixtures("used_registry")
def test_the_registered_version_is_whole() -> None:
    info = mlflow.models.get_model_info(f"models:/{CHURN}/1")
    assert info.signature.outputs.input_names() == ["probability"]
    assert {(column.type.name, column.required) for column in info.signature.inputs} == {("double", True)}
    assert "python_function" in info.flavors
    files = Path(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{CHURN}/1"))
    names = {path.name for path in files.rglob("*") if path.is_file()}
    assert {
        "churn.py",
        "booster.txt",
        "model.json",
        "features.json",
        "golden.json",
        "checksums.json",
    } <= names
    assert not {name for name in names if name.endswith((".pkl", ".joblib"))}
    required = {line.split("==")[0] for line in (files / "requirements.txt").read_text().splitlines()}
    assert required == {"lightgbm", "mlflow", "numpy", "pandas"}


def test_a_version_is_found_by_number_or_as_the_newest(used_registry: Version) -> None:
    client = mlflow.MlflowClient()
    client.create_model_version(CHURN, source=f"models:/{CHURN}/1", run_id=used_registry.run_id)
    assert find_version(CHURN, 1) == used_registry
    assert find_version(CHURN, None).number == 2


@pytest.mark.usefixtures("used_registry")
def test_a_version_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InputError, match=r"churn has no version 7 \(known: 1\): make one"):
        find_version(CHURN, 7)


@pytest.mark.usefixtures("registry")
def test_without_any_version_the_way_out_is_named() -> None:
    with pytest.raises(InputError, match=r"no version at all .* python -m training churn"):
        find_version(CHURN, None)
    with pytest.raises(
        InputError, match=r"cross_sell has no version at all .* python -m training cross-sell"
    ):
        find_version("cross_sell", None)


def test_a_yes_moves_the_alias_and_is_kept_with_its_reasons(used_registry: Version) -> None:
    assert champion_of(CHURN) is None
    record_verdict(used_registry, YES)
    assert champion_of(CHURN) == used_registry
    tags = mlflow.MlflowClient().get_model_version(CHURN, "1").tags
    assert json.loads(tags[VERDICT]) == YES.as_dict()


def test_a_no_is_kept_and_leaves_the_alias_where_it_is(used_registry: Version) -> None:
    client = mlflow.MlflowClient()
    client.create_model_version(CHURN, source=f"models:/{CHURN}/1", run_id=used_registry.run_id)
    record_verdict(used_registry, YES)
    record_verdict(find_version(CHURN, 2), NO)
    assert champion_of(CHURN) == used_registry
    assert json.loads(client.get_model_version(CHURN, "2").tags[VERDICT])["promoted"] is False


@pytest.mark.usefixtures("registry")
def test_a_model_that_nobody_has_registered_has_no_champion() -> None:
    assert champion_of("release") is None


def test_only_a_yes_is_a_gate_that_was_passed(used_registry: Version) -> None:
    assert not passed_gate(used_registry)
    record_verdict(used_registry, NO)
    assert not passed_gate(used_registry)
    record_verdict(used_registry, YES)
    assert passed_gate(used_registry)


def test_a_version_knows_its_dataset_as_long_as_its_run_is_there(used_registry: Version) -> None:
    assert dataset_of(used_registry) == "market"
    assert dataset_of(Version(CHURN, 1, 32 * "0")) == ""


def test_a_model_is_downloaded_with_its_artifact_and_scores(used_registry: Version, tmp_path: Path) -> None:
    loaded: Any
    artifact, loaded = download_model(used_registry, tmp_path / "new")
    golden = json.loads((artifact / "golden.json").read_text())
    rows = np.array(golden["rows"], dtype=np.float64)
    assert loaded.score(rows).tolist() == pytest.approx(golden["probabilities"], abs=1e-12)


def test_a_model_that_cannot_be_loaded_is_one_sentence(used_registry: Version, tmp_path: Path) -> None:
    gone = Version(CHURN, 7, used_registry.run_id)
    with pytest.raises(InputError, match=r"models:/churn/7 cannot be loaded \(.*\): train .* churn=NUMBER"):
        download_model(gone, tmp_path / "new")


@pytest.mark.usefixtures("registry")
def test_plain_files_become_a_version_with_tags_and_no_alias(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "notes.txt").write_text("all")
    with recorded_run("notes", {}, {}):
        register_files("notes", tmp_path / "bundle", NO, {"of": "day 1"})
    with recorded_run("notes", {}, {}):
        register_files("notes", tmp_path / "bundle", YES, {"of": "day 2"})
    version = find_version("notes", 2)
    set_tag(version, "read", "yes")
    assert tags_of(version) == {VERDICT: json.dumps(YES.as_dict()), "of": "day 2", "read": "yes"}
    assert champion_of("notes") is None
    folder = Path(mlflow.artifacts.download_artifacts("models:/notes/2", dst_path=str(tmp_path)))
    assert (folder / "bundle" / "notes.txt").read_text() == "all"


@pytest.mark.usefixtures("registry")
def test_scores_that_are_gone_are_one_sentence() -> None:
    with recorded_run("churn", {}, {}):
        pass
    (run,) = runs_of("churn")
    with pytest.raises(InputError, match=f"churn version 3 has no {SCORES}"):
        scores_behind(Version("churn", 3, run.info.run_id))


@pytest.mark.parametrize("uri", ["sqlite:///{}/mlflow.db/another.db", "nonsense://registry"])
def test_a_registry_that_does_not_answer_is_one_sentence(
    registry: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri.format(registry))
    with pytest.raises(InputError, match="set MLFLOW_TRACKING_URI to one that answers"):
        use_registry()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database at all, " * 100)
    with pytest.raises(InputError, match="cannot be used") as error, registry_in(tmp_path):
        pass
    assert "\n" not in str(error.value)


def test_without_a_setting_the_registry_is_a_file_in_the_current_folder(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(registry)
    use_registry()
    assert mlflow.get_tracking_uri() == "sqlite:///mlflow.db"
    with recorded_run("churn", {}, {}):
        mlflow.log_text("x", "x.txt")
    assert len(list((registry / "mlruns" / "churn").rglob("x.txt"))) == 1


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(("asked", "level"), [(None, logging.WARNING), ("DEBUG", logging.INFO)])
def test_mlflow_speaks_from_warnings_on_unless_it_is_asked_to(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, level: int
) -> None:
    if asked:
        monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", asked)
    logging.getLogger("mlflow").setLevel(logging.INFO)
    use_registry()
    assert logging.getLogger("mlflow").level == level
