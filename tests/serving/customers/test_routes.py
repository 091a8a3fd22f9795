"""The call about one customer, over HTTP."""

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.serving.problems import problem


def test_a_customer_is_told(client: TestClient) -> None:
    body = client.get("/v1/customers/1").json()
    assert (body["customer_id"], body["churn"]["status"], body["stale"]) == ("1", "active", False)
    assert [fact["feature"] for fact in body["facts"]] == ["days_since_purchase"]


def test_an_id_with_a_slash_is_fine(client: TestClient) -> None:
    assert client.get(f"/v1/customers/{quote('DE/4711', safe='')}").json()["customer_id"] == "DE/4711"


@pytest.mark.parametrize("stranger", ["2", "1/churn/", "1/offers/", "x" * 128])
def test_nobody_is_a_problem(client: TestClient, stranger: str) -> None:
    problem(client.get(f"/v1/customers/{stranger}"), 404, "unknown-customer")


@pytest.mark.parametrize("illegal", ["", "two%0Alines", "x" * 10_000])
def test_an_illegal_id_is_a_problem(client: TestClient, illegal: str) -> None:
    problem(client.get(f"/v1/customers/{illegal}"), 422, "invalid-request")


def test_calls_behind_the_id_are_found_first(client: TestClient) -> None:
    assert "probability" in client.get("/v1/customers/1/churn").json()
    assert "offers" in client.get("/v1/customers/1/offers").json()
