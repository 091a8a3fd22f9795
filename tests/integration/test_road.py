"""The whole road on made-up data: raw tables, features, model, gate, store, release, answer over HTTP.

Each step is the command that a user types; what one step leaves is all that the next one gets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from starlette.testclient import TestClient

from features.__main__ import main as features
from features.columns import Column
from features.feature_set import features_at
from features.labels import population
from features.moments import data_period
from features.workspace import open_workspace
from serving.__main__ import main as serving
from serving.app import create_app
from serving.live import Live, Watch
from serving.settings import Settings
from tests.integration.conftest import Run
from tests.market import write_config, write_market, write_subscribers
from tests.registries import registry_in
from training.__main__ import main as training
from training.churn.pipeline import train_churn
from training.config import read_config

Predict = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Place:
    """Where a user works: the declared dataset, the experiment values and what the commands write."""

    dataset: Path
    config: Path
    workspace: Path

    @property
    def store(self) -> Path:
        return self.workspace / "online.sqlite"

    @property
    def release(self) -> Path:
        return self.workspace / "release"


Walk = Callable[[Callable[[Path], Path]], tuple[Place, list[str], Predict]]


def walk(run: Run, place: Place) -> list[str]:
    """Every command from the raw tables to the release; what each printed last."""
    data = ["--dataset", place.dataset, "--workspace", place.workspace]
    values = ["--config", place.config]
    said = [
        run(features, "check", *data),
        run(features, "build", *data),
        run(training, "churn", *data, *values),
        run(training, "promote", *values),
        run(features, "publish", *data, "--store", place.store),
        run(serving, "pull", "--release", place.release),
    ]
    return [text.splitlines()[-1] for text in said]


def served(place: Place) -> TestClient:
    """The service over what was published and pulled."""
    live = Live()
    Watch(live, Settings(release=place.release, store=place.store)).refresh()
    return TestClient(create_app(live))


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


@pytest.fixture(scope="module")
def new_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new-registry")
    with registry_in(folder):
        return folder


@pytest.fixture
def walked(run: Run, tmp_path: Path, new_registry: Path, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Writes a dataset and walks the road with it: the place, and the champion as MLflow loads it."""

    def walk_from(write: Callable[[Path], Path]) -> tuple[Place, list[str], Predict]:
        monkeypatch.chdir(tmp_path)
        place = Place(write(tmp_path / "data"), write_config(tmp_path), tmp_path / "workspace")
        with registry_in(tmp_path / "registry", copied_from=new_registry):
            said = walk(run, place)
            champion = mlflow.pyfunc.load_model("models:/churn@champion")
        assert {path.name for path in tmp_path.iterdir()} == {"config.toml", "data", "registry", "workspace"}
        return place, said, champion.predict

    return walk_from


def test_from_transactions_to_an_explained_answer(walked: Walk) -> None:
    place, said, predict = walked(write_market)
    assert said[1:] == [
        "6 snapshots, 1,179 rows, 96 features",
        "churn version 1 is registered; the gate: python -m training promote",
        "churn version 1 is the champion",
        f"286 customers as of 2024-05-05 published to {place.store}",
        f"churn 1 (champion) is live in {place.release}",
    ]
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
    assert (one["probability"], one["model"]) == (by_http[0], {"name": "churn", "version": "1"})
    assert one["reasons"]
    return one
