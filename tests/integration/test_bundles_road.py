"""The road of bundles on a made-up shop: raw tables, model, gate, store, release, suggestions over HTTP.

Each step is the command that a user types; what one step leaves is all that the next one gets.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import mlflow
import pandas as pd
import pytest

from features.__main__ import main as features
from serving.__main__ import main as serving
from tests.basketry import GOODS, PROMOTED, SUBSTITUTES, write_basketry
from tests.integration.road import Place, run, working_in
from tests.serving.running import Process
from training.__main__ import main as training

ITEMS = {item for items in GOODS.values() for item in items}
CUSTOMER = "canary-7"
BASKETS: list[list[str]] = [[], ["pasta"], ["tea", "bread"], ["cola-a", "chips", "no such thing"]]

Json = dict[str, Any]


@dataclass(frozen=True)
class Walked:
    """What the road leaves, and the champion as MLflow loads it."""

    place: Place
    said: list[str]
    predict: Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, new_registry: Path) -> Walked:
    """The road, walked once."""
    with working_in(tmp_path_factory.mktemp("basketry"), write_basketry, new_registry) as place:
        said = [
            run(training, "bundles", *place.data, *place.experiment),
            run(training, "promote", "--model", "bundles", *place.experiment),
            run(features, "publish", *place.data, "--store", place.store),
            run(training, "release", *place.gated_with),
            run(serving, "pull", "--release", place.release),
        ]
        champion = mlflow.pyfunc.load_model("models:/bundles@champion")
    return Walked(place, said, champion.predict)


@pytest.fixture(scope="module")
def client(walked: Walked) -> Iterator[httpx2.Client]:
    """Calls the service, a process of its own over what was published and pulled."""
    with Process(walked.place.workspace) as service:
        yield service.client


@pytest.fixture(scope="module")
def baskets(walked: Walked, client: httpx2.Client) -> pd.DataFrame:
    """(baskets, items) whether a basket of the raw lines holds an item; indexed by basket and customer."""
    lines = pd.read_parquet(walked.place.dataset.with_name("lines.parquet"))
    before = pd.Timestamp(asked(client, [])["learned_through"]).tz_localize(None)
    lines = lines[lines["ts"] < before]
    return lines.assign(held=True).pivot_table(
        index=["basket_id", "customer_id"], columns="item_id", values="held", aggfunc="any", fill_value=False
    )


def asked(client: httpx2.Client, basket: Sequence[str], customer_id: str | None = None) -> Json:
    """What to add to a basket: everything that may be."""
    body = {"basket": list(basket), "customer_id": customer_id, "limit": 50}
    answer = client.post("/v1/bundles", json=body)
    assert answer.status_code == 200
    found: Json = answer.json()
    return found


def by_item(answer: Json) -> dict[str, Json]:
    return {suggestion["item_id"]: suggestion for suggestion in answer["suggestions"]}


def partners(client: httpx2.Client, item: str) -> list[str]:
    """The significant suggestions for one item."""
    answer = client.get(f"/v1/items/{item}/bundles?limit=50")
    assert answer.status_code == 200
    assert {suggestion["evidence"] for suggestion in answer.json()["suggestions"]} <= {"significant"}
    return list(by_item(answer.json()))


def test_no_customer_is_named_in_the_registry_or_the_release(walked: Walked) -> None:
    assert walked.place.naming_customers == []


def test_every_command_says_what_came_of_it(walked: Walked) -> None:
    trained, promoted, published, released, pulled = walked.said
    assert trained == (
        "bundles version 1 is registered; the gate: python -m training promote --model bundles"
    )
    assert promoted == "bundles version 1 is the champion"
    assert "150 customers" in published
    assert released.startswith("release version 1 (bundles 1) is the champion")
    assert pulled == f"release 1 (champion) is live in {walked.place.release}: bundles 1"


def test_the_same_probability_over_http_and_from_the_registered_version(
    client: httpx2.Client, walked: Walked
) -> None:
    frame = pd.DataFrame({"basket": [json.dumps(basket) for basket in BASKETS]})
    for basket, text in zip(BASKETS, walked.predict(frame)["suggestions"], strict=True):
        told = by_item(asked(client, basket))
        registered = {each["item_id"]: each["probability"] for each in json.loads(text)}
        assert len(registered) == min(10, len(told))
        assert {item: told[item]["probability"] for item in registered} == pytest.approx(registered, abs=1e-9)


def test_what_was_planted_is_suggested_and_a_promotion_is_not(client: httpx2.Client) -> None:
    assert partners(client, "pasta")[0] == "sauce"
    assert set(partners(client, "bread")[:2]) == {"butter", "jam"}
    chips, dip = PROMOTED
    assert dip not in partners(client, chips)
    found = by_item(asked(client, [chips]))[dip]
    assert (found["explained"], found["evidence"]) == (True, "weak")
    assert found["lift_low"] > 1


def test_neither_the_basket_nor_a_substitute_of_it_is_suggested(client: httpx2.Client) -> None:
    cola, other = SUBSTITUTES
    answer = asked(client, [cola, "rice", "rice", "no such thing"])
    assert set(by_item(answer)) == ITEMS - {cola, other, "rice"}
    assert (answer["basket"], answer["ignored"]) == ([cola, "rice"], ["no such thing"])


def test_a_rule_says_what_the_raw_lines_say(client: httpx2.Client, baskets: pd.DataFrame) -> None:
    rule = by_item(asked(client, ["pasta"]))["sauce"]
    pasta, sauce = baskets["pasta"], baskets["sauce"]
    both, total = int((pasta & sauce).sum()), len(baskets)
    assert (rule["because"], rule["count"]) == (["pasta"], both)
    assert rule["support"] == pytest.approx(both / total, abs=1e-12)
    assert rule["confidence"] == pytest.approx(both / pasta.sum(), abs=1e-12)
    assert rule["lift"] == pytest.approx(total * both / (pasta.sum() * sauce.sum()), rel=1e-12)
    assert rule["lift_low"] < rule["lift"] < rule["lift_high"]
    assert rule["adjusted_lift"] > 1
    assert rule["q_value"] < 0.001
    assert (rule["relation"], rule["margin"]) == ("complement", pytest.approx(1.5))


def test_who_is_known_is_answered_with_their_habits(client: httpx2.Client) -> None:
    """How much they count was learnt: in this shop nobody has any of their own, which nothing hides."""
    answer = asked(client, [], CUSTOMER)
    assert (answer["starter"], answer["personal"]) == (True, True)
    assert by_item(answer).keys() == by_item(asked(client, [])).keys()


def test_who_is_unknown_is_answered_by_the_basket_alone(client: httpx2.Client) -> None:
    answer = asked(client, ["pasta"], "nobody")
    assert answer["personal"] is False
    assert answer == asked(client, ["pasta"])


def test_an_item_that_nobody_knows_is_told(client: httpx2.Client) -> None:
    refusal = client.get("/v1/items/no%20such%20thing/bundles")
    assert refusal.status_code == 404
    assert refusal.json()["type"] == "/problems/unknown-item"


def test_the_release_is_bundles_alone(client: httpx2.Client) -> None:
    release = client.get("/v1/release").json()
    assert [(model["name"], model["version"], model["answers"]) for model in release["models"]] == [
        ("bundles", "1", True)
    ]
    assert release["store"]["habits"] == {"item_level": "product", "items": len(ITEMS), "customers": 150}
    assert client.get("/readyz").json() == {"status": "ready"}
