"""The MLflow registry: runs, versions, aliases and verdicts. The only module that writes to MLflow."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.pyfunc import PythonModel
from sqlalchemy.exc import SQLAlchemyError

from features.errors import InputError
from training.verdict import CHAMPION, Verdict

_SQLITE = "sqlite:///"
DEFAULT_URI = f"{_SQLITE}mlflow.db"
MODELS = Path(__file__).with_name("models")
SCORES = "test_scores.parquet"
VERDICT = "promotion_verdict"
REPLACES = "replaces"
"""Tag of a version that took the alias: the number of the champion before it, always an older one."""
_LIBRARIES = ("lightgbm", "mlflow", "numpy", "pandas")


@dataclass(frozen=True)
class Version:
    """One registered model version and the run that made it."""

    model: str
    number: int
    run_id: str


def use_registry() -> None:
    """Point MLflow at `MLFLOW_TRACKING_URI`, or at a SQLite file in the current folder, and greet it.

    MLflow then speaks up from warnings on, unless MLFLOW_LOGGING_LEVEL says otherwise. Raises `InputError`
    when the registry does not answer, before anybody has waited for a training.
    """
    if "MLFLOW_LOGGING_LEVEL" not in os.environ:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
    try:
        mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI)
        mlflow.search_experiments(max_results=1)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise InputError(
            f"the MLflow registry cannot be used ({_first_line(error)}): set MLFLOW_TRACKING_URI to one that "
            f"answers, or unset it for {DEFAULT_URI}"
        ) from error


@contextmanager
def recorded_run(experiment: str, params: Mapping[str, Any], tags: Mapping[str, str]) -> Iterator[None]:
    """Open a run, or go on with the one that an MLflow project has opened, and log its parameters."""
    if "MLFLOW_RUN_ID" not in os.environ:
        _choose(experiment)
    with mlflow.start_run():
        mlflow.log_params(dict(params))
        mlflow.set_tags(dict(tags))
        yield


def log_results(metrics: Mapping[str, float], report: Path) -> None:
    """Add metrics and every file of a report's folder to the open run."""
    mlflow.log_metrics(dict(metrics))
    mlflow.log_artifacts(str(report))


def log_scores(scores: pd.DataFrame) -> None:
    """Keep a backtest's test scores with the open run, for the promotion gate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SCORES
        scores.to_parquet(path, index=False)
        mlflow.log_artifact(str(path))


def register(model: str, artifact: Path, example: pd.DataFrame, answer: pd.DataFrame) -> Version:
    """Log the artifact as a self-contained pyfunc of the open run and register it as a new version, the last step.

    `example` are input rows of no customer, every value known, and `answer` the output for them: they make the
    signature, and MLflow proves with them that the version loads and scores. Requirements are given, not
    inferred: inference would load the model in a new process for half a minute.
    """
    info = mlflow.pyfunc.log_model(
        name=model,
        python_model=str(MODELS / f"{model}.py"),
        artifacts={model: str(artifact)},
        pip_requirements=[f"{library}=={installed(library)}" for library in _LIBRARIES],
        signature=infer_signature(example, answer),
        input_example=example,
        registered_model_name=model,
    )
    return Version(model, int(info.registered_model_version), info.run_id)


def register_files(model: str, folder: Path, verdict: Verdict, tags: Mapping[str, str]) -> Version:
    """Log a folder of plain files to the open run and register them as a new version with its verdict.

    `models:/MODEL/NUMBER` downloads as a folder that holds this one. The alias stays where it is.
    """
    client, run = mlflow.MlflowClient(), mlflow.active_run()
    assert run is not None
    mlflow.log_artifacts(str(folder), folder.name)
    if not _registered(model):
        client.create_registered_model(model)
    told = {VERDICT: _as_text(verdict), **tags}
    made = client.create_model_version(model, run.info.artifact_uri, run.info.run_id, tags=told)
    return Version(model, int(made.version), run.info.run_id)


def find_version(model: str, number: int | None) -> Version:
    """The version of that number, or the newest. Raises `InputError` when there is none."""
    client = mlflow.MlflowClient()
    found = client.search_model_versions(f"name = '{model}'")
    numbers = {int(each.version): each for each in found}
    chosen = numbers.get(number if number is not None else max(numbers, default=0))
    if chosen is None:
        known = ", ".join(map(str, sorted(numbers))) or "none"
        raise InputError(
            f"{model} has no version {number if number is not None else 'at all'} (known: {known}): "
            f"make one with python -m training {model.replace('_', '-')}"
        )
    return Version(model, int(chosen.version), str(chosen.run_id))


def champion_of(model: str) -> Version | None:
    """The version behind the alias `champion` of a registered model, if there are both."""
    if not _registered(model):
        return None
    number = mlflow.MlflowClient().get_registered_model(model).aliases.get(CHAMPION)
    return None if number is None else find_version(model, int(number))


def tags_of(version: Version) -> dict[str, str]:
    """What stands beside a version."""
    return dict(mlflow.MlflowClient().get_model_version(version.model, str(version.number)).tags)


def passed_gate(version: Version) -> bool:
    """Whether the version's verdict is a yes; one that nobody has judged has passed nothing."""
    verdict = tags_of(version).get(VERDICT)
    return verdict is not None and json.loads(verdict)["promoted"] is True


def dataset_of(version: Version) -> str:
    """The name of the dataset that a model was learnt from, "" when its run does not say or is gone."""
    try:
        return mlflow.get_run(version.run_id).data.tags.get("dataset", "")
    except MlflowException:
        return ""


def download_model(version: Version, folder: Path) -> tuple[Path, PythonModel]:
    """The artifact of a model that `register` logged, downloaded into a new folder, and its pyfunc.

    Raises `InputError` when files are gone or altered.
    """
    address = f"models:/{version.model}/{version.number}"
    folder.mkdir(parents=True)
    try:
        mlflow.artifacts.download_artifacts(address, dst_path=str(folder))
        loaded = mlflow.pyfunc.load_model(str(folder)).unwrap_python_model()
    except (MlflowException, OSError, ValueError) as fault:
        raise InputError(
            f"{address} cannot be loaded ({_first_line(fault)}): train and promote it again, or pin another "
            f"version with --model-version {version.model}=NUMBER"
        ) from fault
    return folder / "artifacts" / version.model, loaded


def scores_behind(version: Version) -> pd.DataFrame:
    """The test scores that were logged with a version. Raises `InputError` when they are gone."""
    try:
        path = mlflow.artifacts.download_artifacts(run_id=version.run_id, artifact_path=SCORES)
        return pd.read_parquet(path)
    except (MlflowException, OSError) as error:
        raise InputError(
            f"{version.model} version {version.number} has no {SCORES} in its run {version.run_id}: "
            "train it again to judge it or to judge others by it"
        ) from error


def record_verdict(version: Version, verdict: Verdict) -> None:
    """Store the verdict with its reasons on the version; move the alias `champion` only when it is a yes."""
    set_tag(version, VERDICT, _as_text(verdict))
    if verdict.promoted:
        make_champion(version)


def set_tag(version: Version, name: str, value: str) -> None:
    """Write beside a version."""
    mlflow.MlflowClient().set_model_version_tag(version.model, str(version.number), name, value)


def make_champion(version: Version) -> None:
    """Move the alias `champion` to a version."""
    mlflow.MlflowClient().set_registered_model_alias(version.model, CHAMPION, str(version.number))


def _registered(model: str) -> bool:
    return bool(mlflow.MlflowClient().search_registered_models(f"name = '{model}'"))


def _as_text(verdict: Verdict) -> str:
    return json.dumps(verdict.as_dict())


def _first_line(fault: Exception) -> str:
    return str(fault).partition("\n")[0]


def _choose(experiment: str) -> None:
    """Make the experiment the current one; a new one keeps its files beside the database, if that is a file."""
    if mlflow.get_experiment_by_name(experiment) is None:
        mlflow.create_experiment(experiment, _beside_database(mlflow.get_tracking_uri(), experiment))
    mlflow.set_experiment(experiment)


def _beside_database(uri: str, experiment: str) -> str | None:
    """`mlruns/EXPERIMENT` in the SQLite file's folder: MLflow's own choice is whatever folder it runs in."""
    if not uri.startswith(_SQLITE):
        return None
    return (Path(uri.removeprefix(_SQLITE)).absolute().parent / "mlruns" / experiment).as_uri()
