"""The cross-sell road on a made-up grocer: raw tables, model, gate, store, release, offers over HTTP.

Each step is the command that a user types; what one step leaves is all that the next one gets.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from features.__main__ import main as features
from features.columns import Column
from features.item_level import PARENT, catalogue
from features.moments import data_period
from features.pairs import PairSnapshot, pair_set
from features.store import SqliteStore
from features.workspace import Workspace, open_workspace
from serving.__main__ import main as serving
from tests.integration.road import Place, run, served, working_in
from tests.market import write_grocer
from training.__main__ import main as training
from training.config import read_config
from training.cross_sell.model import CrossSellModel
from training.cross_sell.pipeline import declared_cross_sell, train_cross_sell

AS_OF = pd.Timestamp("2024-05-19")
CATEGORY = "category"
ASKED = [f"canary-{number:04}" for number in (0, 7, 61, 128, 239)]
"""Customers whose offers are looked at."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Walked:
    """What the road leaves, and the champion as MLflow loads it."""

    place: Place
    said: list[str]
    predict: Callable[[pd.DataFrame], pd.DataFrame]

    @property
    def opened(self) -> Workspace:
        return open_workspace(self.place.dataset, self.place.workspace)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, new_registry: Path) -> Walked:
    """The road, walked once."""
    with working_in(tmp_path_factory.mktemp("grocer"), write_grocer, new_registry) as place:
        said = [
            run(training, "cross-sell", *place.data, *place.experiment),
            run(training, "promote", "--model", "cross_sell", *place.experiment),
            run(features, "publish", *place.data, "--store", place.store),
            run(training, "release", *place.gated_with),
            run(serving, "pull", "--release", place.release),
        ]
        champion = mlflow.pyfunc.load_model("models:/cross_sell@champion")
    return Walked(place, said, champion.predict)


@pytest.fixture(scope="module")
def client(walked: Walked) -> Iterator[TestClient]:
    with served(walked.place) as client:
        yield client


@pytest.fixture(scope="module")
def offline(walked: Walked) -> pd.DataFrame:
    """Candidates of the customers asked for, straight from the tables: features and category of each pair."""
    tables, dataset = walked.opened.tables, walked.opened.dataset
    assert dataset.cross_sell is not None
    snapshot = PairSnapshot(tables, pair_set(tables, dataset.cross_sell), data_period(tables, dataset)[1])
    customers = np.searchsorted(snapshot.customers, ASKED).astype(np.int32)
    (rows,) = snapshot.blocks(customers)
    keys = [snapshot.customers[rows.customer], snapshot.items[rows.item]]
    known = pd.DataFrame(rows.values, columns=list(snapshot.pairs.names), index=keys)
    goods = catalogue(tables.items, dataset.cross_sell.item_level).to_pyarrow().to_pandas()
    parents = goods.set_index(Column.ITEM)[PARENT]
    return known.assign(**{CATEGORY: parents[keys[1]].to_numpy()})


@pytest.fixture(scope="module")
def trained_again(walked: Walked) -> CrossSellModel:
    """The model as training itself scores with it: the same data and values give the same model."""
    config = read_config(walked.place.config).cross_sell.model_copy(update={"origins": 1})
    opened = walked.opened
    return train_cross_sell(opened, declared_cross_sell(opened.dataset, None), config).model


@pytest.fixture(scope="module")
def lines(walked: Walked) -> pd.DataFrame:
    """The raw purchases before the moment of knowledge."""
    raw = pd.read_parquet(walked.place.dataset.with_name("lines.parquet"))
    return raw[raw["sold_at"] < AS_OF]


def asked(client: TestClient, customer_id: str, kind: str = "all") -> list[Json]:
    answer = client.get(f"/v1/customers/{customer_id}/offers?kind={kind}&limit=100")
    assert answer.status_code == 200
    offers: list[Json] = answer.json()["offers"]
    return offers


def test_no_customer_is_named_in_the_registry_or_the_release(walked: Walked) -> None:
    assert walked.place.naming_customers == []


def test_every_command_says_what_came_of_it(walked: Walked) -> None:
    assert walked.said == [
        "cross_sell version 1 is registered; the gate: python -m training promote --model cross_sell",
        "cross_sell version 1 is the champion",
        "3,840 candidates for 240 customers",
        "release version 1 (cross_sell 1) is the champion; services get it with python -m serving pull",
        f"release 1 (champion) is live in {walked.place.release}: cross_sell 1",
    ]


def test_the_same_probability_everywhere(
    client: TestClient, offline: pd.DataFrame, walked: Walked, trained_again: CrossSellModel
) -> None:
    """Over HTTP, from the registered version and from training itself."""
    by_http = {
        (customer, offer["item"]): offer["probability"]
        for customer in ASKED
        for offer in asked(client, customer)
    }
    assert sorted(by_http) == sorted(offline.index)
    answered = [by_http[key] for key in offline.index]
    assert answered == pytest.approx(walked.predict(offline)["probability"].tolist(), abs=1e-9)
    rows, parents = offline.drop(columns=CATEGORY).to_numpy(), offline[CATEGORY].to_numpy(dtype=np.str_)
    assert answered == pytest.approx(trained_again.probability(rows, parents).tolist(), abs=1e-9)
    assert max(answered) - min(answered) > 0.5


def test_online_features_are_the_offline_ones(walked: Walked, offline: pd.DataFrame) -> None:
    store = SqliteStore(walked.place.store)
    assert store.info.candidates is not None
    assert list(store.info.candidates.names) == [name for name in offline.columns if name != CATEGORY]
    for customer in ASKED:
        stored = store.candidates(customer)
        assert stored is not None
        items = [store.items[place] for place in stored.items]
        parts = [
            [*pair, *item.features, *stored.customer] for pair, item in zip(stored.pairs, items, strict=True)
        ]
        expected = offline.loc[customer].loc[[item.item for item in items]]
        assert [item.parent for item in items] == expected.pop(CATEGORY).tolist()
        np.testing.assert_allclose(np.array(parts), expected.to_numpy(), rtol=1e-12)
    store.close()


@pytest.mark.parametrize("customer", ASKED)
def test_what_was_bought_before_is_a_repeat_and_all_else_is_new(
    client: TestClient, lines: pd.DataFrame, customer: str
) -> None:
    bought = set(lines.loc[lines["who"] == customer, "item_id"])
    everything = asked(client, customer)
    probabilities = [offer["probability"] for offer in everything]
    assert probabilities == sorted(probabilities, reverse=True)
    for kind in ("repeat", "new"):
        of_kind = asked(client, customer, kind)
        assert of_kind == [offer for offer in everything if offer["kind"] == kind]
        assert all((offer["item"] in bought) == (kind == "repeat") for offer in of_kind)


def test_every_offer_has_its_reasons_in_words(client: TestClient) -> None:
    customer = ASKED[0]
    again = {reason["code"]: reason["words"] for reason in reasons(client, customer, "repeat")}
    assert again["rhythm"].startswith("bought every ")
    assert again["basket_share"].endswith(" of the baskets")
    new = {reason["code"]: reason["words"] for reason in reasons(client, customer, "new")}
    assert new["goes_with"].startswith("customers who buy ")
    assert "bought it in the last 84 days" in new["neighbours"]


def reasons(client: TestClient, customer: str, kind: str) -> list[Json]:
    """All that speaks for the offers of a kind, of which each has a reason."""
    told = [offer["reasons"] for offer in asked(client, customer, kind)]
    assert told
    assert all(told)
    return [reason for of_offer in told for reason in of_offer]


def test_who_is_unknown_gets_what_is_popular(client: TestClient, lines: pd.DataFrame) -> None:
    answer = client.get("/v1/customers/nobody/offers?limit=3").json()
    recent = lines[lines["sold_at"] >= AS_OF - pd.Timedelta(days=14)]
    buyers = recent.groupby("item_id")["who"].nunique() / recent["who"].nunique()
    assert answer["status"] == "cold"
    assert [(offer["kind"], offer["evidence"]) for offer in answer["offers"]] == 3 * [("new", "thin")]
    shares = {offer["item"]: offer["probability"] for offer in answer["offers"]}
    assert shares == pytest.approx(buyers.nlargest(3).to_dict())
    assert asked(client, "nobody", "repeat") == []


def test_the_release_is_cross_sell_alone(client: TestClient) -> None:
    release = client.get("/v1/release").json()
    assert [(model["name"], model["version"], model["answers"]) for model in release["models"]] == [
        ("cross_sell", "1", True)
    ]
    assert release["store"]["candidates"]["items"] == 16
    assert client.get("/readyz").json() == {"status": "ready"}
    refusal = client.get(f"/v1/customers/{ASKED[0]}/churn")
    assert refusal.status_code == 503
    assert "GET /v1/release" in refusal.json()["detail"]
