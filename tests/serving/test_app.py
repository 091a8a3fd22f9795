"""The joined application: its documentation, its watch, its answer to its own faults."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pandas as pd
import pytest
from starlette.testclient import TestClient

from features.store import StoreError
from serving.app import create_app
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.problems import MEDIA_TYPE
from tests.serving.callers import HEADER, keyring
from tests.serving.standins import BrokenStore, NoDisk

LogLines = Callable[[], list[dict[str, Any]]]
CANARY = "canary-7f3a"


def broken(models: Models, fault: Exception) -> TestClient:
    app = create_app(Live(Served(models, BrokenStore(fault))), keyring=keyring())
    return TestClient(app, raise_server_exceptions=False, headers=HEADER)


CALLS = {"churn": "churn", "offers": "cross_sell"}


def test_a_store_that_breaks_under_a_basket_is_not_ready(models: Models, log_lines: LogLines) -> None:
    client = broken(models, StoreError("publish it again"))
    response = client.post("/v1/bundles", json={"basket": [CANARY], "customer_id": CANARY})
    assert response.status_code == 503
    assert [line["event"] for line in log_lines()] == ["request-failed", "answered"]
    assert CANARY not in str(log_lines()) + response.text
    assert client.post("/v1/bundles", json={"basket": []}).status_code == 200


@pytest.mark.parametrize("call", CALLS)
def test_an_unexpected_fault_is_a_logged_problem_without_a_trace(
    models: Models, call: str, log_lines: LogLines
) -> None:
    response = broken(models, KeyError(CANARY)).get(f"/v1/customers/{CANARY}/{call}")
    assert response.status_code == 500
    assert response.headers["content-type"] == MEDIA_TYPE
    request_id = response.headers["x-request-id"]
    assert request_id in response.json()["detail"]
    assert "Traceback" not in response.text
    line, answered = log_lines()
    assert (line["event"], line["kind"], line["request_id"]) == ("internal-error", "KeyError", request_id)
    assert (answered["status"], answered["request_id"]) == (500, request_id)
    assert any(f"serving/{CALLS[call]}/answers.py" in place for place in line["places"])
    assert CANARY not in str(line)
    assert CANARY not in response.text


@pytest.mark.parametrize("call", CALLS)
def test_a_store_that_breaks_while_serving_is_not_ready(
    models: Models, call: str, log_lines: LogLines
) -> None:
    response = broken(models, StoreError("publish it again")).get(f"/v1/customers/1/{call}")
    assert response.status_code == 503
    assert "publish it again" not in response.text
    assert [line["event"] for line in log_lines()] == ["request-failed", "answered"]


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/customers/{CANARY}/churn",
        f"/v1/customers/{CANARY}/offers",
        f"/v1/customers/1/offers?kind={CANARY}",
        f"/v1/items/{CANARY}/bundles",
        f"/v1/items/BREAD/bundles?limit={CANARY}",
        f"/{CANARY}",
        f"/v1/release?{CANARY}=1",
    ],
)
def test_what_callers_send_is_never_logged(
    client: TestClient,
    path: str,
    log_lines: LogLines,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    client.get(path, headers={"x-request-id": f"{CANARY}@shop", "authorization": CANARY})
    client.post("/v1/churn:batch", json={"customer_ids": [CANARY], CANARY: CANARY})
    client.post("/v1/bundles", json={"basket": [CANARY], "customer_id": CANARY})
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]
    assert CANARY not in str(log_lines()) + str(ours) + "".join(capfd.readouterr())


def test_requests_build_no_data_frame(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a request built a DataFrame")

    monkeypatch.setattr(pd.DataFrame, "__init__", refuse)
    assert client.get("/v1/customers/1/churn").status_code == 200
    assert client.post("/v1/churn:batch", json={"customer_ids": ["1"], "reasons": 5}).status_code == 200
    for customer_id in ("1", "stranger"):
        assert client.get(f"/v1/customers/{customer_id}/offers").json()["offers"]
        asked = {"basket": ["BREAD"], "customer_id": customer_id}
        assert client.post("/v1/bundles", json=asked).json()["suggestions"]
    assert client.get("/v1/items/BREAD/bundles").json()["suggestions"]


def test_the_docs_page_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', page.text))
    for path in re.findall(r'(?:src|href)="([^"]*)"', page.text):
        assert client.get(path).status_code == 200


@pytest.fixture
def openapi(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


CALL = {"200", "401", "403", "422", "429", "500", "503"}
"""What every call of callers may end in."""
BODY = CALL | {"400", "408", "413"}


def test_every_call_is_documented(openapi: dict[str, Any]) -> None:
    calls = {
        f"{method.upper()} {path}": set(call["responses"])
        for path, methods in openapi["paths"].items()
        for method, call in methods.items()
    }
    assert calls == {
        "GET /v1/customers/{customer_id}/churn": CALL | {"404"},
        "GET /v1/customers/{customer_id}/next-best-offer": CALL,
        "POST /v1/next-best-offer": BODY,
        "POST /v1/next-best-offer:batch": BODY,
        "POST /v1/outcomes": BODY | {"404", "409"},
        "GET /v1/decisions/{decision_id}": CALL | {"404"},
        "PUT /v1/customers/{customer_id}/consents": BODY,
        "GET /v1/customers/{customer_id}": CALL | {"404"},
        "DELETE /v1/customers/{customer_id}": CALL,
        "POST /v1/churn:batch": BODY,
        "GET /v1/customers/{customer_id}/offers": CALL,
        "POST /v1/bundles": BODY,
        "GET /v1/items/{item_id}/bundles": CALL | {"404"},
        "GET /v1/release": CALL,
        "GET /livez": {"200", "500"},
        "GET /readyz": {"200", "500", "503"},
        "GET /metrics": {"200", "500"},
    }
    assert all(
        call["summary"] and call["description"]
        for path in openapi["paths"].values()
        for call in path.values()
    )


def responses(openapi: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in openapi["paths"].values():
        for call in methods.values():
            yield from call["responses"].items()


def test_every_documented_fault_is_a_problem(openapi: dict[str, Any]) -> None:
    for status, response in responses(openapi):
        ((media, content),) = response["content"].items()
        reference = content["schema"].get("$ref", "")
        assert media in (("application/json", "text/plain") if status == "200" else (MEDIA_TYPE,))
        assert reference.endswith("/ProblemDocument") is (status != "200")


def test_the_watch_runs_beside_the_service_and_ends_with_it(live: Live) -> None:
    seen: list[str] = []

    class Noting(NoDisk):
        async def forever(self) -> None:
            seen.append("started")
            try:
                await super().forever()
            finally:
                seen.append("ended")

        def close(self) -> None:
            seen.append("closed")

    with TestClient(create_app(live, Noting(), keyring=keyring())) as client:
        response: httpx2.Response = client.get("/readyz")
        assert response.status_code == 200
        assert seen == ["started"]
    assert seen == ["started", "ended", "closed"]
