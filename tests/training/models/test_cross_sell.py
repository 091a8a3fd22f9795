"""The registered cross-sell model stands on its own and scores as training did."""

import json
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.pyfunc import PythonModelContext

from training.cross_sell.findings import Findings
from training.cross_sell.pipeline import CROSS_SELL
from training.models.cross_sell import CrossSellPyfunc
from training.registry import Version

Predict = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def folder(grocer_registry: Version, tmp_path: Path) -> Path:
    """The artifact of the registered version, copied."""
    address = f"models:/{CROSS_SELL}/{grocer_registry.number}"
    files = mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=str(tmp_path / "copy"))
    return Path(files) / "artifacts" / CROSS_SELL


@pytest.fixture
def predict(grocer_registry: Version) -> Predict:
    """What the registered version, loaded, gives for a frame."""
    loaded: Predict = mlflow.pyfunc.load_model(f"models:/{CROSS_SELL}/{grocer_registry.number}").predict
    return loaded


def read(folder: Path) -> CrossSellPyfunc:
    model = CrossSellPyfunc()
    model.load_context(PythonModelContext({CROSS_SELL: str(folder)}, {}))  # type: ignore[no-untyped-call]  # MLflow's
    return model


def candidates_of(findings: Findings) -> pd.DataFrame:
    newest = findings.examples[-1]
    return pd.DataFrame(newest.rows.astype(np.float64), columns=list(findings.pairs.names)).assign(
        category=newest.parent
    )


def test_it_scores_as_training_did(predict: Predict, grocer: Findings) -> None:
    frame = candidates_of(grocer).sample(frac=1, random_state=3)
    answer = predict(frame)
    assert answer.index.tolist() == frame.index.tolist()
    parents = frame["category"].to_numpy(dtype=np.str_)
    expected = grocer.model.probability(frame.drop(columns="category").to_numpy(), parents)
    assert answer["probability"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_it_tells_kind_and_evidence(predict: Predict, grocer: Findings) -> None:
    frame = candidates_of(grocer)
    frame.loc[:9, "item_customers"] = 49.0
    frame.loc[10:19, "visit_days_all"] = 2.0
    answer = predict(frame)
    assert list(answer.columns) == ["probability", "kind", "evidence"]
    assert answer["kind"].tolist() == np.where(frame["repeat"] == 1, "repeat", "new").tolist()
    mature = (frame["item_customers"] >= 50) & (frame["visit_days_all"] >= 3)
    assert answer["evidence"].tolist() == np.where(mature, "mature", "thin").tolist()
    assert answer["evidence"].value_counts()["thin"] == 20


def test_further_columns_and_another_order_do_not_matter(predict: Predict, grocer: Findings) -> None:
    frame = candidates_of(grocer)
    mixed = frame[list(frame.columns[::-1])].assign(customer_id="x")
    pd.testing.assert_frame_equal(predict(mixed), predict(frame))


@pytest.mark.parametrize("name", ["pair_days_since", "category"])
def test_a_missing_column_is_refused(predict: Predict, grocer: Findings, name: str) -> None:
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        predict(candidates_of(grocer).drop(columns=name))


def test_of_unknown_values_the_category_s_rate_is_left(predict: Predict, grocer: Findings) -> None:
    frame = candidates_of(grocer).iloc[:1]
    frame = (frame.drop(columns="category") * np.nan).assign(category=["dairy"])
    (answer,) = predict(frame).to_dict("records")
    rate = grocer.model.shrinkage.rates["dairy"].new
    assert answer == {"probability": pytest.approx(rate), "kind": "new", "evidence": "thin"}


@pytest.mark.parametrize("name", ["booster.txt", "model.json", "features.json", "golden.json"])
def test_an_altered_file_is_refused_before_it_is_read(folder: Path, name: str) -> None:
    (folder / name).write_text("{" + (folder / name).read_text())
    with pytest.raises(ValueError, match=f"{name} of the cross-sell model was altered"):
        read(folder)


def test_golden_rows_score_as_they_should(folder: Path) -> None:
    golden = json.loads((folder / "golden.json").read_text())
    scores = read(folder).score(np.array(golden["rows"], dtype=np.float64), golden["parents"])
    assert scores == pytest.approx(np.array(golden["probabilities"]), abs=1e-12)
