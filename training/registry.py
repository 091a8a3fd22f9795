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
from sqlalchemy.exc import SQLAlchemyError

from features.errors import InputError
from training.verdict import CHAMPION, Verdict

_SQLITE = "sqlite:///"
DEFAULT_URI = f"{_SQLITE}mlflow.db"
MODELS = Path(__file__).with_name("models")
SCORES = "test_scores.parquet"
VERDICT = "promotion_verdict"
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
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"the MLflow registry cannot be used ({reason}): set MLFLOW_TRACKING_URI to one that answers, or "
            f"unset it for {DEFAULT_URI}"
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
            f"train one with python -m training {model.replace('_', '-')} --dataset FILE"
        )
    return Version(model, int(chosen.version), str(chosen.run_id))


def champion_of(model: str) -> Version | None:
    """The version behind the alias `champion` of a registered model, if any."""
    number = mlflow.MlflowClient().get_registered_model(model).aliases.get(CHAMPION)
    return None if number is None else find_version(model, int(number))


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
    client = mlflow.MlflowClient()
    client.set_model_version_tag(version.model, str(version.number), VERDICT, json.dumps(verdict.as_dict()))
    if verdict.promoted:
        client.set_registered_model_alias(version.model, CHAMPION, str(version.number))


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
