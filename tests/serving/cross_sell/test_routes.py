"""Offers over HTTP: as documented, every fault a problem document."""

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.serving.cross_sell import tiny
from tests.serving.problems import problem


def offers_path(customer_id: str) -> str:
    return f"/v1/customers/{quote(customer_id, safe='')}/offers"


def test_offers_hold_the_listed_fields_only(client: TestClient) -> None:
    answer = client.get(offers_path("1")).json()
    listed = "customer_id status kind offers item_level horizon_days new_after_days as_of model stale"
    assert set(answer) == set(listed.split())
    of_offers = "item name category kind probability evidence reasons"
    assert set(answer["offers"][0]) == set(of_offers.split())
    assert set(answer["offers"][0]["reasons"][0]) == {"code", "words"}
    assert answer["model"] == {"name": "cross_sell", "version": "2", "release": "7"}


def test_the_score_of_an_offer_over_http_equals_the_offline_formula(client: TestClient) -> None:
    for customer_id in ("1", "01", "Åse 客"):
        rows, parents = tiny.rows_of(customer_id)
        expected = sorted(map(tiny.offline_probability, rows, parents), reverse=True)
        answer = client.get(offers_path(customer_id)).json()
        assert (answer["customer_id"], answer["status"]) == (customer_id, "known")
        given = [offer["probability"] for offer in answer["offers"]]
        assert given == pytest.approx(expected, rel=0, abs=1e-12)


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("", 7),
        ("?kind=all", 7),
        ("?kind=new", 5),
        ("?kind=repeat", 2),
        ("?limit=1", 1),
        ("?kind=new&limit=100", 5),
    ],
)
def test_the_query_chooses_kind_and_number(client: TestClient, query: str, items: int) -> None:
    assert len(client.get(offers_path("1") + query).json()["offers"]) == items


def test_offers_to_a_stranger_are_flagged_cold(client: TestClient) -> None:
    response = client.get(offers_path("stranger"))
    assert response.status_code == 200
    assert response.json()["status"] == "cold"
    assert [offer["item"] for offer in response.json()["offers"]] == ["MILK", "CHEESE", "SALT"]


def test_offers_take_a_slash_encoded_or_not(client: TestClient) -> None:
    for path in ("/v1/customers/DE%2F4711/offers", "/v1/customers/DE/4711/offers"):
        assert client.get(path).json()["customer_id"] == "DE/4711"


@pytest.mark.parametrize("malformed", ["", "\x00", "a\nb", "\x7f", "\x85", "x" * 129])
def test_offers_refuse_a_malformed_id(client: TestClient, malformed: str) -> None:
    body = problem(client.get(offers_path(malformed)), 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == ["path.customer_id"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "kind=both", "kind=", "kind=NEW", "reasons=1"]
)
def test_offers_refuse_a_wrong_or_unknown_query(client: TestClient, query: str) -> None:
    problem(client.get(f"{offers_path('1')}?{query}"), 422, "invalid-request")
