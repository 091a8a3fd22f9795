"""The call about one customer, over HTTP."""

from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from serving.ledger import Ledger, LedgerError, open_ledger
from serving.live.live import Live
from tests.serving.problems import problem


def test_a_customer_is_told(client: TestClient) -> None:
    body = client.get("/v1/customers/1").json()
    assert (body["customer_id"], body["churn"]["status"], body["stale"]) == ("1", "active", False)
    assert [fact["feature"] for fact in body["facts"]] == ["days_since_purchase"]


def test_an_id_with_a_slash_is_fine(client: TestClient) -> None:
    assert client.get(f"/v1/customers/{quote('DE/4711', safe='')}").json()["customer_id"] == "DE/4711"


def test_what_a_customer_said_is_told_at_once(client: TestClient, live: Live, tmp_path: Path) -> None:
    live.ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", b"s" * 32)
    said = {"channel": "email", "purpose": "marketing", "granted": True}
    assert client.put("/v1/customers/1/consents", json=said).status_code == 200
    (consent,) = client.get("/v1/customers/1").json()["consents"]
    assert {**said, "at": consent["at"]} == consent
    live.ledger.close()


def test_a_broken_ledger_leaves_the_customer_with_what_was_published(
    shop: TestClient, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise LedgerError("the ledger is gone")

    monkeypatch.setattr(ledger, "consents", refuse)
    assert [one["channel"] for one in shop.get("/v1/customers/1").json()["consents"]] == ["email"]


@pytest.mark.parametrize("stranger", ["2", "1%2Fchrun", "x" * 128])
def test_nobody_is_a_problem(client: TestClient, stranger: str) -> None:
    problem(client.get(f"/v1/customers/{stranger}"), 404, "unknown-customer")


@pytest.mark.parametrize("path", ["DE/4711", "1/chrun", "1/churn/"])
def test_a_path_that_goes_on_is_no_customer(client: TestClient, path: str) -> None:
    problem(client.get(f"/v1/customers/{path}"), 404, "")


@pytest.mark.parametrize("illegal", ["", "two%0Alines", "x" * 10_000])
def test_an_illegal_id_is_a_problem(client: TestClient, illegal: str) -> None:
    problem(client.get(f"/v1/customers/{illegal}"), 422, "invalid-request")


def test_calls_behind_the_id_are_found_first(client: TestClient) -> None:
    assert "probability" in client.get("/v1/customers/1/churn").json()
    assert "offers" in client.get("/v1/customers/1/offers").json()
