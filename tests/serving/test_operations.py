"""What is served, whether it can be asked, and one model that goes on without the other."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.problems import RELEASE_SAYS
from tests.fakes import MemoryStore
from tests.serving.callers import HEADER, keyring
from tests.serving.cross_sell import tiny
from tests.serving.next_best_offer.tiny import rules_in
from tests.serving.problems import problem
from tests.serving.tiny import INFO, ROWS, release_of

CHURN = "/v1/customers/1/churn"
OFFERS = "/v1/customers/1/offers"


def test_the_release_says_what_is_served(client: TestClient, live: Live) -> None:
    live.fault = "a newer one is broken"
    assert client.get("/v1/release").json() == {
        "version": "7",
        "replaces": "6",
        "models": [
            {
                "name": "churn",
                "version": "3",
                "release": "7",
                "run_id": "r1",
                "labelled_through": "2017-12-04T00:00:00Z",
                "population": "customers who bought in the 56 days before as_of",
                "answers": True,
            },
            {
                "name": "cross_sell",
                "version": "2",
                "release": "7",
                "run_id": "r2",
                "labelled_through": "2017-12-04T00:00:00Z",
                "population": "customers with a purchase before as_of",
                "answers": True,
            },
            {
                "name": "bundles",
                "version": "4",
                "release": "7",
                "run_id": "r3",
                "labelled_through": "2017-12-04T00:00:00Z",
                "population": "baskets of at most 150 items",
                "answers": True,
            },
        ],
        "alias": "champion",
        "pulled_at": "2026-01-03T00:00:00Z",
        "definition": {"kind": "inactivity", "active_days": 56, "horizon_days": 28},
        "store": {
            "fingerprint": "f1",
            "as_of": "2017-12-04T00:00:00Z",
            "published_at": "2026-01-02T00:00:00Z",
            "customers": len(ROWS),
            "candidates": {
                "fingerprint": "p1",
                "item_level": "category",
                "horizon_days": 28,
                "new_after_days": 365,
                "items": len(tiny.ITEMS),
                "customers": len(tiny.CANDIDATES),
            },
            "habits": {"item_level": "type", "items": 4, "customers": 4},
        },
        "rules": "release",
        "rulebook": None,
        "stale": False,
        "fault": "a newer one is broken",
    }


def test_a_service_with_everything_is_alive_and_ready(served: Served, tmp_path: Path) -> None:
    client = connected(Served(served.models, served.store, rules=rules_in(tmp_path)))
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_a_service_without_rules_for_next_best_offers_is_ready_in_parts(client: TestClient) -> None:
    assert client.get("/v1/customers/1/next-best-offer?channel=web").status_code == 503
    assert client.get("/readyz").json() == {"status": "degraded"}


def partly(models: Models, *names: str) -> Models:
    """A release of fewer models."""
    return Models(
        release_of(*(model for model in models.release.models if model.name in names)),
        churn=models.churn if "churn" in names else None,
        cross_sell=models.cross_sell if "cross_sell" in names else None,
        bundles=models.bundles if "bundles" in names else None,
    )


def connected(served: Served) -> TestClient:
    app = create_app(Live(served), keyring=keyring())
    return TestClient(app, raise_server_exceptions=False, headers=HEADER)


def test_churn_goes_on_without_candidates_in_the_store(models: Models) -> None:
    client = connected(Served(models, MemoryStore(INFO, ROWS)))
    assert client.get(CHURN).status_code == 200
    refused = problem(client.get(OFFERS), 503, "not-ready")
    assert refused["detail"] == f"The cross_sell model does not answer. {RELEASE_SAYS}"
    assert client.get("/readyz").json() == {"status": "degraded"}
    body = client.get("/v1/release").json()
    assert [(model["name"], model["answers"]) for model in body["models"]] == [
        ("churn", True),
        ("cross_sell", False),
        ("bundles", True),
    ]
    assert (body["store"]["candidates"], body["store"]["habits"]) == (None, None)


def test_offers_go_on_when_churn_does_not_fit_the_store(models: Models) -> None:
    info = replace(tiny.STORE_INFO, fingerprint="f2")
    client = connected(Served(models, MemoryStore(info, ROWS, tiny.candidates())))
    assert client.get(OFFERS).status_code == 200
    detail = problem(client.get(CHURN), 503, "not-ready")["detail"]
    assert detail == f"The churn model does not answer. {RELEASE_SAYS}"


@pytest.mark.parametrize(
    ("has", "lacks", "named"), [("churn", "offers", "cross_sell"), ("cross_sell", "churn", "churn")]
)
def test_a_call_whose_model_the_release_lacks_says_where_to_look(
    models: Models, has: str, lacks: str, named: str
) -> None:
    store = MemoryStore(tiny.STORE_INFO, ROWS, tiny.candidates())
    client = connected(Served(partly(models, has), store))
    detail = problem(client.get(f"/v1/customers/1/{lacks}"), 503, "not-ready")["detail"]
    assert detail == f"The {named} model does not answer. {RELEASE_SAYS}"
    assert client.get(f"/v1/customers/1/{'churn' if lacks == 'offers' else 'offers'}").status_code == 200
    body = client.get("/v1/release").json()
    assert [model["name"] for model in body["models"]] == [has]
    assert (body["definition"] is None) is (has == "cross_sell")


def test_bundles_go_on_alone_over_any_store(models: Models) -> None:
    client = connected(Served(partly(models, "bundles"), MemoryStore(replace(INFO, fingerprint="f2"), ROWS)))
    answer = client.post("/v1/bundles", json={"basket": ["BREAD"], "customer_id": "1"}).json()
    assert (answer["personal"], answer["basket"]) == (False, ["BREAD"])
    assert client.get("/v1/items/BREAD/bundles").status_code == 200
    assert [model["name"] for model in client.get("/v1/release").json()["models"]] == ["bundles"]


def test_a_release_without_bundles_says_where_to_look(models: Models) -> None:
    client = connected(Served(partly(models, "churn"), MemoryStore(INFO, ROWS)))
    for response in (
        client.post("/v1/bundles", json={"basket": []}),
        client.get("/v1/items/BREAD/bundles"),
    ):
        detail = problem(response, 503, "not-ready")["detail"]
        assert detail == f"The bundles model does not answer. {RELEASE_SAYS}"


def test_a_service_with_nothing_is_alive_and_tells_its_operator_what_to_run() -> None:
    app = create_app(Live(fault="run python -m serving pull"), keyring=keyring())
    with TestClient(app, headers=HEADER) as client:
        assert client.get("/livez").status_code == 200
        told = problem(client.get("/v1/release"), 503, "not-ready")["detail"]
        assert told == "run python -m serving pull"
        for path in ("/readyz", CHURN, OFFERS, "/v1/items/BREAD/bundles"):
            response = client.get(path)
            assert "Nothing is served yet" in problem(response, 503, "not-ready")["detail"]
            assert response.headers["retry-after"] == "5"
        problem(client.post("/v1/churn:batch", json={"customer_ids": ["1"]}), 503, "not-ready")
        problem(client.post("/v1/bundles", json={"basket": []}), 503, "not-ready")
