"""Whatever callers send, every answer is a documented one."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.app import create_app
from serving.live import Live
from serving.models import Models
from serving.problems import MEDIA_TYPE
from serving.served import Served
from tests.fakes import MemoryStore
from tests.serving.bundles.tiny import FULL_INFO, IDS, habits
from tests.serving.cross_sell.tiny import candidates
from tests.serving.tiny import ROWS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
BASKET = JSON | st.fixed_dictionaries(
    {"basket": st.lists(st.sampled_from(IDS) | st.text() | JSON)},
    optional={"customer_id": st.sampled_from(["1", "01"]) | JSON, "limit": st.integers(0, 51) | JSON},
)
BODY = JSON | st.fixed_dictionaries({"customer_ids": st.lists(st.text() | JSON)}, optional={"reasons": JSON})


@pytest.fixture(scope="module")
def connected(models: Models) -> Iterator[TestClient]:
    live = Live(Served(models, MemoryStore(FULL_INFO, ROWS, candidates(), habits())))
    with TestClient(create_app(live), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def documented(connected: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = connected.get("/openapi.json").json()["paths"]
    return document


@settings(deadline=None)
@given(customer_id=st.text(), reasons=st.integers() | st.text())
def test_any_customer_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], customer_id: str, reasons: object
) -> None:
    address = f"/v1/customers/{quote(customer_id, safe='')}/churn?reasons={quote(str(reasons), safe='')}"
    response = connected.get(address)
    if customer_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert (
            str(response.status_code) in documented["/v1/customers/{customer_id}/churn"]["get"]["responses"]
        )
    assert response.status_code < 500
    assert response.headers["content-type"] == (
        "application/json" if response.status_code == 200 else MEDIA_TYPE
    )


@settings(deadline=None)
@given(
    customer_id=st.text(),
    kind=st.sampled_from(["all", "new", "repeat"]) | st.text(),
    limit=st.integers() | st.text(),
)
def test_any_customer_has_documented_offers(
    connected: TestClient, documented: dict[str, Any], customer_id: str, kind: str, limit: object
) -> None:
    query = f"kind={quote(kind, safe='')}&limit={quote(str(limit), safe='')}"
    response = connected.get(f"/v1/customers/{quote(customer_id, safe='')}/offers?{query}")
    if customer_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert (
            str(response.status_code) in documented["/v1/customers/{customer_id}/offers"]["get"]["responses"]
        )
    assert response.status_code < 500
    assert response.headers["content-type"] == (
        "application/json" if response.status_code == 200 else MEDIA_TYPE
    )


@settings(deadline=None)
@given(content=st.binary() | BODY.map(lambda value: json.dumps(value).encode()))
def test_any_batch_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], content: bytes
) -> None:
    response = connected.post(
        "/v1/churn:batch", content=content, headers={"content-type": "application/json"}
    )
    assert str(response.status_code) in documented["/v1/churn:batch"]["post"]["responses"]
    assert response.status_code < 500
    assert response.headers["content-type"] == (
        "application/json" if response.status_code == 200 else MEDIA_TYPE
    )


@settings(deadline=None)
@given(content=st.binary() | BASKET.map(lambda value: json.dumps(value).encode()))
def test_any_basket_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], content: bytes
) -> None:
    response = connected.post("/v1/bundles", content=content, headers={"content-type": "application/json"})
    assert str(response.status_code) in documented["/v1/bundles"]["post"]["responses"]
    assert response.status_code < 500
    assert response.headers["content-type"] == (
        "application/json" if response.status_code == 200 else MEDIA_TYPE
    )


@settings(deadline=None)
@given(basket=st.lists(st.sampled_from(IDS) | TEXT), customer_id=st.sampled_from(["1", "01", "x", None]))
def test_any_basket_of_texts_is_taken_apart_whole(
    connected: TestClient, basket: list[str], customer_id: str | None
) -> None:
    asked = {"basket": basket, "customer_id": customer_id, "limit": 50}
    answer = connected.post("/v1/bundles", json=asked).json()
    known = [item for item in dict.fromkeys(basket) if item in IDS]
    assert answer["basket"] == known
    assert answer["ignored"] == [item for item in dict.fromkeys(basket) if item not in IDS]
    assert answer["starter"] is not bool(known)
    assert {one["item_id"] for one in answer["suggestions"]}.isdisjoint(known)
    assert all(set(one["because"]) <= set(known) for one in answer["suggestions"])


@settings(deadline=None)
@given(item=st.sampled_from(IDS) | st.text(), limit=st.integers() | st.text())
def test_any_item_has_documented_bundles(
    connected: TestClient, documented: dict[str, Any], item: str, limit: object
) -> None:
    query = f"limit={quote(str(limit), safe='')}"
    response = connected.get(f"/v1/items/{quote(item, safe='')}/bundles?{query}")
    if item not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert str(response.status_code) in documented["/v1/items/{item_id}/bundles"]["get"]["responses"]
    assert response.status_code < 500
    assert response.headers["content-type"] == (
        "application/json" if response.status_code == 200 else MEDIA_TYPE
    )
