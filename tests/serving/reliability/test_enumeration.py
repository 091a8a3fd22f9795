"""Row 13: nobody finds out by asking who is a customer, who was one, and which keys and decisions there are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Client
from starlette.testclient import TestClient

from serving.app import create_app
from serving.live.live import Live
from serving.settings import Settings
from tests.serving.callers import TEXT, HeldKeyring, record_of
from tests.serving.problems import problem
from tests.serving.reliability.workers import working

ABOUT = {
    "customer": ("GET", "/v1/customers/{id}"),
    "churn": ("GET", "/v1/customers/{id}/churn"),
    "offers": ("GET", "/v1/customers/{id}/offers"),
    "offers of a kind": ("GET", "/v1/customers/{id}/offers?kind=repeat"),
}
"""Calls that tell of a customer and count nothing."""


@pytest.fixture
def shop(settings: Settings) -> Iterator[Client]:
    """A service over files, from which customers can be erased."""
    with working(settings) as worker:
        yield worker.client


def told(shop: Client, call: str, customer_id: str) -> tuple[int, str]:
    """The answer without the id that was asked for."""
    method, path = ABOUT[call]
    response = shop.request(method, path.format(id=customer_id))
    return response.status_code, response.text.replace(f'"customer_id":{json.dumps(customer_id)}', "")


def test_who_was_erased_looks_like_who_never_was(shop: Client) -> None:
    before = {call: told(shop, call, "1") for call in ABOUT}
    assert shop.delete("/v1/customers/1").status_code == 200
    for call, answer in before.items():
        assert told(shop, call, "1") == told(shop, call, "nobody") == told(shop, call, "somebody else")
        assert told(shop, call, "1") != answer


def shape(answer: Any) -> Any:  # noqa: ANN401 - any JSON
    """The fields of an answer without their values."""
    if isinstance(answer, dict):
        return {name: shape(value) for name, value in answer.items()}
    return [shape(value) for value in answer[:1]] if isinstance(answer, list) else type(answer).__name__


def test_the_decision_about_who_was_erased_looks_like_one_about_who_never_was(shop: Client) -> None:
    def decided(customer_id: str) -> dict[str, Any]:
        found: dict[str, Any] = shop.get(f"/v1/customers/{customer_id}/next-best-offer?channel=till").json()
        return found

    assert decided("1")["status"] == "known"
    shop.delete("/v1/customers/1")
    erased, unknown = decided("1"), decided("nobody")
    assert erased["status"] == unknown["status"] == "unknown"
    assert shape(erased) == shape(unknown)
    batch = {"customer_ids": ["1", "nobody", "01"]}
    assert shop.post("/v1/churn:batch", json=batch).json()["unknown"] == ["1", "nobody"]


def test_a_decision_about_who_was_erased_is_as_unknown_as_one_that_never_was(shop: Client) -> None:
    decision_id = shop.get("/v1/customers/1/next-best-offer?channel=web").json()["decision_id"]
    assert shop.get(f"/v1/decisions/{decision_id}").status_code == 200
    shop.delete("/v1/customers/1")
    outcome = {"key": "k", "decision_id": decision_id, "kind": "accept"}
    gone = shop.get(f"/v1/decisions/{decision_id}"), shop.post("/v1/outcomes", json=outcome)
    never = "0" * 32
    unknown = (
        shop.get(f"/v1/decisions/{never}"),
        shop.post("/v1/outcomes", json={**outcome, "decision_id": never}),
    )
    for one, other in zip(gone, unknown, strict=True):
        assert problem(one, 404, "unknown-decision") == problem(other, 404, "unknown-decision")


@pytest.mark.parametrize("call", ABOUT)
def test_who_may_not_look_is_told_the_same_of_everybody(live: Live, call: str) -> None:
    app = create_app(live, keyring=HeldKeyring(record_of(TEXT, "write")))
    client = TestClient(app, headers={"authorization": f"Bearer {TEXT}"})
    assert told(client, call, "1") == told(client, call, "nobody") == told(client, call, "x" * 500)
    assert told(client, call, "1")[0] == 403


def test_a_wrong_key_of_a_known_id_is_refused_as_one_of_an_unknown_id(live: Live) -> None:
    client = TestClient(create_app(live, keyring=HeldKeyring(record_of(TEXT))))
    wrong = TEXT[:-1] + "u", TEXT.replace("testtest", "somebody")
    known, unknown = (
        client.get("/v1/customers/1", headers={"authorization": f"Bearer {text}"}) for text in wrong
    )
    assert problem(known, 401, "unauthorized") == problem(unknown, 401, "unauthorized")
    assert known.headers.keys() == unknown.headers.keys()
