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
from tests.serving.cross_sell.tiny import STORE_INFO, candidates
from tests.serving.tiny import ROWS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
BODY = JSON | st.fixed_dictionaries({"customer_ids": st.lists(st.text() | JSON)}, optional={"reasons": JSON})


@pytest.fixture(scope="module")
def connected(models: Models) -> Iterator[TestClient]:
    live = Live(Served(models, MemoryStore(STORE_INFO, ROWS, candidates())))
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
