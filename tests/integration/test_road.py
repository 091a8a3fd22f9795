"""The whole road on made-up data: raw tables, features, model, gate, store, release, answer over HTTP.

Each step is the command that a user types; what one step leaves is all that the next one gets.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

from features.__main__ import main as features
from features.columns import Column
from features.feature_set import features_at
from features.labels import population
from features.moments import data_period
from features.workspace import open_workspace
from serving.__main__ import main as serving
from tests.integration.road import Place, run, served, working_in
from tests.market import write_market, write_subscribers
from training.__main__ import main as training
from training.churn.pipeline import train_churn
from training.config import read_config

Predict = Callable[[pd.DataFrame], pd.DataFrame]
Walk = Callable[[Callable[[Path], Path]], tuple[Place, list[str], Predict]]


def walk(place: Place) -> list[str]:
    """Every command from the raw tables to the release; what each said last."""
    return [
        run(features, "check", *place.data),
        run(features, "build", *place.data),
        run(training, "churn", *place.data, *place.experiment),
        run(training, "promote", *place.experiment),
        run(features, "publish", *place.data, "--store", place.store),
        run(training, "release", *place.gated_with),
        run(serving, "pull", "--release", place.release),
    ]


def offline(place: Place) -> pd.DataFrame:
    """The newest features of everybody the churn definition covers, by customer, straight from the tables."""
    opened = open_workspace(place.dataset, place.workspace)
    moment = data_period(opened.tables, opened.dataset)[1]
    known = features_at(opened.tables, opened.features, moment)
    inside = population(opened.tables, opened.dataset.churn, moment)
    rows = known.semi_join(inside, Column.CUSTOMER).order_by(Column.CUSTOMER)
    frame: pd.DataFrame = rows.to_pyarrow().to_pandas()
    return frame.set_index(Column.CUSTOMER)


def trained_again(place: Place) -> Callable[[pd.DataFrame], list[float]]:
    """The model as training itself scores with it: the same data and values give the same model."""
    opened = open_workspace(place.dataset, place.workspace)
    model = train_churn(opened, read_config(place.config)).model
    return lambda frame: model.probability(frame.to_numpy()).tolist()


@pytest.fixture
def walked(tmp_path: Path, new_registry: Path) -> Walk:
    """Writes a dataset and walks the road with it: the place, and the champion as MLflow loads it."""

    def walk_from(write: Callable[[Path], Path]) -> tuple[Place, list[str], Predict]:
        with working_in(tmp_path, write, new_registry) as place:
            said = walk(place)
            champion = mlflow.pyfunc.load_model("models:/churn@champion")
        return place, said, champion.predict

    return walk_from


def test_from_transactions_to_an_explained_answer(walked: Walk) -> None:
    place, said, predict = walked(write_market)
    assert said[1:] == [
        "6 snapshots, 1,179 rows, 96 features",
        "churn version 1 is registered; the gate: python -m training promote --model churn",
        "churn version 1 is the champion",
        f"286 customers as of 2024-05-05 published to {place.store}",
        "release version 1 (churn 1) is the champion; services get it with python -m serving pull",
        f"release 1 (champion) is live in {place.release}: churn 1",
    ]
    assert place.naming_customers == []
    answer = same_score_everywhere(place, predict)
    assert (answer["horizon_days"], answer["as_of"]) == (14, "2024-05-05T00:00:00Z")
    assert "14 days" in answer["definition"]


def test_from_a_plain_table_with_a_label_to_an_explained_answer(walked: Walk) -> None:
    place, said, predict = walked(write_subscribers)
    assert said[1] == "1 snapshots, 600 rows, 3 features"
    assert said[3] == "churn version 1 is the champion"
    answer = same_score_everywhere(place, predict)
    assert answer["horizon_days"] is None
    assert "as labelled in the data" in answer["definition"]


def same_score_everywhere(place: Place, predict: Predict) -> dict[str, Any]:
    """Over HTTP, from the registered version and from training itself; gives one customer's whole answer."""
    known = offline(place)
    with served(place) as client:
        assert client.get("/readyz").status_code == 200
        batch = client.post("/v1/churn:batch", json={"customer_ids": known.index.tolist()}).json()
        one: dict[str, Any] = client.get(f"/v1/customers/{known.index[0]}/churn").json()
    by_http = [result["probability"] for result in batch["results"]]
    assert [result["customer_id"] for result in batch["results"]] == known.index.tolist()
    assert by_http == pytest.approx(predict(known)["probability"].tolist(), abs=1e-9)
    assert by_http == pytest.approx(trained_again(place)(known), abs=1e-9)
    assert max(by_http) - min(by_http) > 0.2
    assert (one["probability"], one["model"]) == (
        by_http[0],
        {"name": "churn", "version": "1", "release": "1"},
    )
    assert one["reasons"]
    return one
