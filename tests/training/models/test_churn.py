"""The registered model stands on its own and scores as training did."""

import json
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.pyfunc import PythonModelContext

from training.churn.pipeline import CHURN
from training.churn.report import Findings
from training.models.churn import ChurnPyfunc
from training.registry import Version

Predict = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def folder(used_registry: Version, tmp_path: Path) -> Path:
    """The artifact of the registered version, copied."""
    address = f"models:/{CHURN}/{used_registry.number}"
    files = mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=str(tmp_path / "copy"))
    return Path(files) / "artifacts" / CHURN


@pytest.fixture
def predict(used_registry: Version) -> Predict:
    """What the registered version, loaded, gives for a frame."""
    loaded: Predict = mlflow.pyfunc.load_model(f"models:/{CHURN}/{used_registry.number}").predict
    return loaded


def read(folder: Path) -> ChurnPyfunc:
    model = ChurnPyfunc()
    model.load_context(PythonModelContext({CHURN: str(folder)}, {}))  # type: ignore[no-untyped-call]  # MLflow's
    return model


def features_of(findings: Findings) -> pd.DataFrame:
    return pd.DataFrame(findings.backtest.newest_rows, columns=list(findings.workspace.features.names))


def test_it_scores_as_training_did(predict: Predict, market: Findings) -> None:
    frame = features_of(market).sample(frac=1, random_state=3)
    answer = predict(frame)
    assert list(answer.columns) == ["probability"]
    assert answer.index.tolist() == frame.index.tolist()
    expected = market.model.probability(frame.to_numpy())
    assert answer["probability"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_further_columns_and_another_order_do_not_matter(predict: Predict, market: Findings) -> None:
    frame = features_of(market)
    mixed = frame[list(frame.columns[::-1])].assign(customer_id="x")
    assert predict(mixed)["probability"].tolist() == predict(frame)["probability"].tolist()


def test_a_missing_feature_is_refused(predict: Predict, market: Findings) -> None:
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        predict(features_of(market).drop(columns="baskets_28d"))


def test_unknown_values_are_scored(predict: Predict, market: Findings) -> None:
    frame = features_of(market).iloc[:1] * np.nan
    assert 0 < predict(frame)["probability"].iloc[0] < 1


@pytest.mark.parametrize("name", ["booster.txt", "model.json", "features.json", "golden.json"])
def test_an_altered_file_is_refused_before_it_is_read(folder: Path, name: str) -> None:
    (folder / name).write_text("{" + (folder / name).read_text())
    with pytest.raises(ValueError, match=f"{name} of the churn model was altered"):
        read(folder)


def test_golden_rows_score_as_they_should(folder: Path) -> None:
    model = read(folder)
    golden = json.loads((folder / "golden.json").read_text())
    scores = model.score(np.array(golden["rows"], dtype=np.float64))
    assert scores == pytest.approx(np.array(golden["probabilities"]), abs=1e-12)
