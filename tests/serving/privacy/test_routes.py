"""Consent holds from the next decision on, and who is forgotten stays forgotten."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from features.store import SqliteStore, publish_sqlite
from serving.app import create_app
from serving.ledger import Ledger
from serving.live.live import Live
from serving.live.watch import Watch
from serving.settings import Settings
from tests.serving.callers import HEADER, keyring
from tests.serving.next_best_offer.tiny import NOON
from tests.serving.places import publish_store
from tests.serving.problems import problem
from tests.serving.tiny import INFO, ROWS


def put(shop: TestClient, customer_id: str, **said: object) -> list[tuple[str, str, bool, str]]:
    response = shop.put(f"/v1/customers/{customer_id}/consents", json={"channel": "email", **said})
    assert response.status_code == 200, response.text
    assert response.json()["customer_id"] == customer_id
    consents = response.json()["consents"]
    return [(one["channel"], one["purpose"], one["granted"], one["at"]) for one in consents]


def emailed(shop: TestClient, customer_id: str, placement: str) -> str:
    path = f"/v1/customers/{customer_id}/next-best-offer?channel=email&placement={placement}"
    return str(shop.get(path).json()["answer"])


def test_a_consent_counts_from_the_next_decision_on(shop: TestClient) -> None:
    assert emailed(shop, "01", "a") == "no_offer"
    assert put(shop, "01", granted=True) == [("email", "marketing", True, "2017-12-05T12:00:00Z")]
    assert emailed(shop, "01", "a") == "no_offer"
    assert emailed(shop, "01", "b") == "offer"


def test_a_withdrawal_wins_over_what_the_data_says_and_over_the_same_moment(shop: TestClient) -> None:
    assert emailed(shop, "1", "a") == "offer"
    at = "2017-12-05T11:00:00Z"
    assert put(shop, "1", granted=False, at=at) == [("email", "marketing", False, at)]
    assert put(shop, "1", granted=True, at=at) == [("email", "marketing", False, at)]
    assert emailed(shop, "1", "b") == "no_offer"


def test_an_older_statement_changes_nothing(shop: TestClient) -> None:
    put(shop, "1", granted=False, at="2017-12-05T11:00:00Z")
    told = put(shop, "1", granted=True, at="2017-12-04T11:00:00+01:00", channel="web")
    assert told == [
        ("email", "marketing", False, "2017-12-05T11:00:00Z"),
        ("web", "marketing", True, "2017-12-04T10:00:00Z"),
    ]
    assert put(shop, "1", granted=True, at="2017-12-01T11:00:00Z") == told


def test_a_grant_that_is_stamped_ahead_does_not_outlive_a_refusal(shop: TestClient) -> None:
    assert put(shop, "1", granted=True, at="2017-12-05T12:09:00Z") == [
        ("email", "marketing", True, "2017-12-05T12:00:00Z")
    ]
    assert put(shop, "1", granted=False) == [("email", "marketing", False, "2017-12-05T12:00:00Z")]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"granted": "yes"}, "body.granted"),
        ({"granted": 1}, "body.granted"),
        ({}, "body.granted"),
        ({"granted": True, "channel": "emial"}, "body.channel"),
        ({"granted": True, "purpose": ""}, "body.purpose"),
        ({"granted": True, "purpose": "Marketing"}, "body.purpose"),
        ({"granted": True, "at": 20171204}, "body.at"),
        ({"granted": True, "at": "9999-01-01T00:00:00Z"}, "body.at"),
        ({"granted": True, "at": "yesterday"}, "body.at"),
        ({"granted": True, "surprise": 1}, "body.surprise"),
    ],
)
def test_a_wrong_consent_is_refused_with_its_place(
    shop: TestClient, said: dict[str, object], where: str
) -> None:
    response = shop.put("/v1/customers/1/consents", json={"channel": "email", **said})
    assert [error["where"] for error in problem(response, 422, "invalid-request")["errors"]] == [where]


def test_without_a_ledger_nothing_is_promised(shop: TestClient, deciding: Live) -> None:
    deciding.ledger, deciding.ledger_fault = None, "the ledger is gone"
    for response in (
        shop.put("/v1/customers/1/consents", json={"channel": "email", "granted": False}),
        shop.delete("/v1/customers/1"),
    ):
        assert "The ledger cannot be used" in problem(response, 503, "not-ready")["detail"]


def test_forgetting_removes_the_ledgers_rows_and_keeps_counts(shop: TestClient, ledger: Ledger) -> None:
    answer = shop.get("/v1/customers/1/next-best-offer?channel=web").json()
    outcome = {"key": "k", "decision_id": answer["decision_id"], "kind": "accept"}
    shop.post("/v1/outcomes", json=outcome)
    put(shop, "1", granted=True)
    forgotten = shop.delete("/v1/customers/1").json()
    assert forgotten["ledger"] == {"outcomes": 1, "answers": 1, "decisions": 1, "consents": 1}
    assert (forgotten["store"], forgotten["overwritten"]) == ({}, True)
    (kept,) = forgotten["kept"]
    assert (kept["offer_id"], kept["channel"], kept["group"]) == ("stay", "web", "treated")
    assert {name: kept["counts"][name] for name in ("decisions", "contacts", "accepts", "redeems")} == {
        "decisions": 1,
        "contacts": 1,
        "accepts": 1,
        "redeems": 0,
    }
    assert [(one["name"], one["version"]) for one in forgotten["models"]] == [
        ("churn", "3"),
        ("cross_sell", "2"),
        ("bundles", "4"),
    ]
    problem(shop.get(f"/v1/decisions/{answer['decision_id']}"), 404, "unknown-decision")
    problem(shop.post("/v1/outcomes", json={**outcome, "key": "k2"}), 404, "unknown-decision")
    assert ledger.erased(["1", "01"]) == {"1"}
    again = shop.delete("/v1/customers/1").json()
    assert (set(again["ledger"].values()), again["kept"]) == ({0}, [])


def test_a_path_that_goes_on_is_no_customer_to_forget(shop: TestClient, ledger: Ledger) -> None:
    for path in ("/v1/customers/1/churn", "/v1/customers/1/next-best-offer"):
        assert problem(shop.delete(path), 405, "")
    assert problem(shop.delete("/v1/customers/DE/4711"), 404, "")
    assert ledger.erased(["1", "1/churn", "1/next-best-offer", "DE/4711"]) == set()
    assert shop.delete("/v1/customers/DE%2F4711").json()["customer_id"] == "DE/4711"
    assert ledger.erased(["DE/4711"]) == {"DE/4711"}


@pytest.mark.parametrize("malformed", ["a%0Ab", "%00", "x" * 129, "x" * 10_000])
def test_a_malformed_id_is_refused(shop: TestClient, malformed: str) -> None:
    problem(shop.delete(f"/v1/customers/{malformed}"), 422, "invalid-request")
    body = {"channel": "email", "granted": True}
    problem(shop.put(f"/v1/customers/{malformed}/consents", json=body), 422, "invalid-request")


@pytest.fixture
def published(settings: Settings) -> Iterator[tuple[Settings, TestClient]]:
    """A service over files, and what it is told."""
    live = Live()
    watch = Watch(live, settings)
    watch.refresh()
    assert live.faults is None
    app = create_app(live, watch, keyring=keyring(), clock=lambda: NOON, budget_seconds=30)
    with TestClient(app, headers=HEADER) as client:
        yield settings, client


def test_who_is_forgotten_is_no_longer_in_the_store_nor_in_any_answer(
    published: tuple[Settings, TestClient],
) -> None:
    settings, client = published
    assert client.get("/v1/customers/1/churn").status_code == 200
    forgotten = client.delete("/v1/customers/1").json()
    assert forgotten["store"] == {"customers": 1, "candidates": 1, "habits": 1, "profiles": 1}
    problem(client.get("/v1/customers/1/churn"), 404, "unknown-customer")
    assert client.get("/v1/customers/1/next-best-offer?channel=web").json()["status"] == "unknown"
    assert client.get("/v1/customers/01/churn").status_code == 200
    store = SqliteStore(settings.store)
    assert "1" not in set(store.ids())
    assert store.info.customers == len(ROWS) - 1


def test_no_offer_waits_for_an_erasure(
    published: tuple[Settings, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, client = published
    let, begun = threading.Event(), threading.Event()

    def held(_: str) -> dict[str, int]:
        begun.set()
        let.wait(30)
        return {}

    monkeypatch.setattr(client.app.state.watch, "forget", held)  # type: ignore[attr-defined]  # put there by create_app
    with ThreadPoolExecutor(12) as callers:
        erasing = [callers.submit(client.delete, f"/v1/customers/{number}") for number in range(12)]
        assert begun.wait(30)
        assert not client.get("/v1/customers/01/next-best-offer?channel=web").json()["degraded"]
        said = {"channel": "email", "granted": True}
        assert client.put("/v1/customers/01/consents", json=said).status_code == 200
        let.set()
        assert {one.result().status_code for one in erasing} == {200}


def test_a_later_publish_does_not_bring_them_back(published: tuple[Settings, TestClient]) -> None:
    settings, client = published
    client.delete("/v1/customers/1")
    publish_store(settings)
    assert "1" in set(SqliteStore(settings.store).ids())
    client.app.state.watch.refresh()  # type: ignore[attr-defined]  # put there by create_app
    problem(client.get("/v1/customers/1/churn"), 404, "unknown-customer")
    assert "1" not in set(SqliteStore(settings.store).ids())
    assert client.get("/v1/release").json()["store"]["customers"] == len(ROWS) - 1


def test_a_store_that_cannot_be_written_is_said_and_the_rest_is_done_by_a_repetition(
    published: tuple[Settings, TestClient],
) -> None:
    settings, client = published
    kept = settings.store.read_bytes()
    settings.store.unlink()
    refused = client.delete("/v1/customers/1")
    assert refused.status_code == 503
    settings.store.write_bytes(kept)
    assert client.delete("/v1/customers/1").json()["store"]["customers"] == 1
    problem(client.get("/v1/customers/1/churn"), 404, "unknown-customer")


def test_a_customer_who_goes_on_answering_is_no_success(
    published: tuple[Settings, TestClient], log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    settings, client = published
    publish_sqlite(settings.store, replace(INFO, fingerprint="f2"), ROWS)
    problem(client.delete("/v1/customers/1"), 503, "not-ready")
    (said,) = (line["reason"] for line in log_lines() if line["event"] == "request-failed")
    assert "publish a store that fits, then delete them again" in said
    assert client.get("/v1/customers/1/churn").status_code == 200
    publish_store(settings)
    assert client.delete("/v1/customers/1").json()["store"]["customers"] == 1
    problem(client.get("/v1/customers/1/churn"), 404, "unknown-customer")


def test_new_customers_are_kept(published: tuple[Settings, TestClient]) -> None:
    settings, client = published
    client.delete("/v1/customers/nobody")
    publish_sqlite(settings.store, replace(INFO, customers=2), [("nobody", *ROWS[0][1:]), ROWS[1]])
    client.app.state.watch.refresh()  # type: ignore[attr-defined]  # put there by create_app
    assert set(SqliteStore(settings.store).ids()) == {"01"}
