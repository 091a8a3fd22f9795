"""Whatever callers send, every answer is a documented one."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.app import create_app
from serving.ledger import open_ledger
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.problems import MEDIA_TYPE
from tests.entries import SECRET
from tests.serving.bundles.tiny import IDS
from tests.serving.callers import HEADER, keyring
from tests.serving.next_best_offer.tiny import NOON, full_store, rules_in
from tests.serving.standins import NoDisk

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
WORD = st.sampled_from(["web", "email", "till"]) | JSON
CONTEXT = {"placement": JSON, "limit": st.integers(0, 11) | JSON, "page": JSON, "location": JSON}
ASKED = JSON | st.fixed_dictionaries(
    {"customer_id": st.sampled_from(["1", "01", "x"]) | st.text() | JSON, "channel": WORD},
    optional={"basket": st.lists(st.sampled_from(IDS) | st.text() | JSON), **CONTEXT},
)
ASKED_OF_MANY = JSON | st.fixed_dictionaries(
    {"customer_ids": st.lists(st.text() | JSON, max_size=5), "channel": WORD},
    optional={"placement": JSON, "limit": JSON},
)
MOMENT = st.datetimes().map(lambda at: f"{at.isoformat()}Z") | JSON
OUTCOME = JSON | st.fixed_dictionaries(
    {
        "key": st.text() | JSON,
        "decision_id": st.sampled_from(["GIVEN", "0" * 32]) | st.text() | JSON,
        "kind": st.sampled_from(["impression", "accept", "reject", "redeem", "purchase"]) | JSON,
    },
    optional={
        "offer_id": st.sampled_from(["stay", "taste"]) | JSON,
        "value": st.floats() | JSON,
        "at": MOMENT,
    },
)
SAID = JSON | st.fixed_dictionaries(
    {"channel": WORD, "granted": st.booleans() | JSON}, optional={"purpose": st.text() | JSON, "at": MOMENT}
)
BODY = JSON | st.fixed_dictionaries({"customer_ids": st.lists(st.text() | JSON)}, optional={"reasons": JSON})


@pytest.fixture(scope="module")
def connected(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("fuzz")
    live = Live(Served(models, full_store(), rules=rules_in(folder)))
    live.ledger = open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}", SECRET)
    app = create_app(live, NoDisk(), keyring=keyring(), clock=lambda: NOON, budget_seconds=30)
    connected = TestClient(app, raise_server_exceptions=False, headers=HEADER)
    with connected as client, closing(live.ledger):
        yield client


@pytest.fixture(scope="module")
def given_id(connected: TestClient) -> str:
    """Of a decision that gave two offers."""
    answer = connected.get("/v1/customers/1/next-best-offer?channel=web&placement=fuzz&limit=2").json()
    return str(answer["decision_id"])


def assert_documented(response: httpx2.Response, call: dict[str, Any]) -> None:
    assert str(response.status_code) in call["responses"]
    assert response.status_code < 500
    assert response.headers["content-type"] == (
        "application/json" if response.status_code == 200 else MEDIA_TYPE
    )


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
    assert response.status_code < 500
    if customer_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert_documented(response, documented["/v1/customers/{customer_id}/churn"]["get"])


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
    assert response.status_code < 500
    if customer_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert_documented(response, documented["/v1/customers/{customer_id}/offers"]["get"])


@settings(deadline=None)
@given(content=st.binary() | BODY.map(lambda value: json.dumps(value).encode()))
def test_any_batch_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], content: bytes
) -> None:
    response = connected.post(
        "/v1/churn:batch", content=content, headers={"content-type": "application/json"}
    )
    assert_documented(response, documented["/v1/churn:batch"]["post"])


@settings(deadline=None)
@given(content=st.binary() | BASKET.map(lambda value: json.dumps(value).encode()))
def test_any_basket_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], content: bytes
) -> None:
    response = connected.post("/v1/bundles", content=content, headers={"content-type": "application/json"})
    assert_documented(response, documented["/v1/bundles"]["post"])


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
    assert response.status_code < 500
    if item not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert_documented(response, documented["/v1/items/{item_id}/bundles"]["get"])


@settings(deadline=None)
@given(
    customer_id=st.text(),
    asked=st.fixed_dictionaries(
        {"channel": st.sampled_from(["web", "email", "till"]) | st.text()},
        optional={"placement": st.text(), "limit": st.integers(0, 11).map(str) | st.text()},
    ),
)
def test_any_customer_has_a_documented_next_best_offer(
    connected: TestClient, documented: dict[str, Any], customer_id: str, asked: dict[str, str]
) -> None:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    response = connected.get(f"/v1/customers/{quote(customer_id, safe='')}/next-best-offer?{query}")
    assert response.status_code < 500
    if customer_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert_documented(response, documented["/v1/customers/{customer_id}/next-best-offer"]["get"])
    if response.status_code == 200:
        assert not response.json()["degraded"]


@pytest.mark.parametrize("path", ["/v1/next-best-offer", "/v1/next-best-offer:batch"])
@settings(deadline=None)
@given(content=st.binary() | (ASKED | ASKED_OF_MANY).map(lambda value: json.dumps(value).encode()))
def test_any_question_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], path: str, content: bytes
) -> None:
    response = connected.post(path, content=content, headers={"content-type": "application/json"})
    assert_documented(response, documented[path]["post"])


@settings(deadline=None)
@given(content=st.binary() | OUTCOME.map(lambda value: json.dumps(value).encode()))
def test_any_outcome_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], given_id: str, content: bytes
) -> None:
    posted = content.replace(b"GIVEN", given_id.encode())
    response = connected.post("/v1/outcomes", content=posted, headers={"content-type": "application/json"})
    assert_documented(response, documented["/v1/outcomes"]["post"])
    trace = connected.get(f"/v1/decisions/{given_id}")
    assert trace.status_code == 200
    assert trace.json()["impressions"] <= 2


@settings(deadline=None)
@given(decision_id=st.text())
def test_any_decision_has_a_documented_trace(
    connected: TestClient, documented: dict[str, Any], decision_id: str
) -> None:
    response = connected.get(f"/v1/decisions/{quote(decision_id, safe='')}")
    if decision_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert_documented(response, documented["/v1/decisions/{decision_id}"]["get"])


@settings(deadline=None)
@given(customer_id=st.text(), content=st.binary() | SAID.map(lambda value: json.dumps(value).encode()))
def test_any_consent_and_erasure_has_a_documented_answer(
    connected: TestClient, documented: dict[str, Any], customer_id: str, content: bytes
) -> None:
    one = f"/v1/customers/{quote(customer_id, safe='')}"
    said = connected.put(f"{one}/consents", content=content, headers={"content-type": "application/json"})
    forgotten = connected.delete(one)
    if customer_id not in (".", ".."):  # Clients resolve these before they ask, even encoded.
        assert_documented(said, documented["/v1/customers/{customer_id}/consents"]["put"])
        assert_documented(forgotten, documented["/v1/customers/{customer_id}"]["delete"])
