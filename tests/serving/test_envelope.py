"""Every request has an id, one line in the log and one measure, whatever becomes of it."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from serving.envelope import ABANDONED, Envelope
from tests.serving.measured import growth

LogLines = Callable[[], list[dict[str, Any]]]
ROUTE = "/v1/customers/{customer_id}/churn"


def answering(route: str | None = ROUTE, **known: object) -> Envelope:
    """An app that finds a route, knows this of the request and answers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if route is not None:
            scope["route"] = SimpleNamespace(path_format=route)
        scope["state"].update(known)
        await PlainTextResponse("fine")(scope, receive, send)

    return Envelope(app)


@pytest.mark.parametrize("given", ["order-17", "a", "A.b_c-9", "x" * 64])
def test_a_harmless_request_id_is_taken_over(given: str, log_lines: LogLines) -> None:
    response = TestClient(answering()).get("/v1/x", headers={"x-request-id": given})
    assert response.headers.get_list("x-request-id") == [given]
    assert [line["request_id"] for line in log_lines()] == [given]


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "ann@shop.example", "{}", "a\tb", "客"])
def test_any_other_request_id_is_replaced(given: str, log_lines: LogLines) -> None:
    client = TestClient(answering())
    first, second = (client.get("/v1/x", headers={b"x-request-id": given.encode()}) for _ in range(2))
    ids = [first.headers["x-request-id"], second.headers["x-request-id"]]
    assert len(set(ids)) == 2
    assert all(len(one) == 32 and one.isalnum() for one in ids)
    assert [line["request_id"] for line in log_lines()] == ids


def test_an_answer_is_one_line_that_names_what_is_known_of_it(log_lines: LogLines) -> None:
    app = answering(key=SimpleNamespace(id="k1"), decision_id="d1", degraded=True)
    TestClient(app).post("/v1/customers/ann/churn?channel=web", json={"basket": ["x"]})
    (line,) = log_lines()
    assert line.pop("ms") >= 0
    del line["time"], line["request_id"]
    assert line == {
        "level": "info",
        "event": "answered",
        "route": ROUTE,
        "method": "POST",
        "status": 200,
        "key": "k1",
        "decision_id": "d1",
        "degraded": True,
    }


def test_what_is_not_known_of_a_request_is_not_in_its_line(log_lines: LogLines) -> None:
    TestClient(answering(None)).get("/ann")
    (line,) = log_lines()
    assert set(line) == {"time", "level", "event", "request_id", "route", "method", "status", "ms"}
    assert line["route"] == "unmatched"


@pytest.mark.parametrize("route", ["/livez", "/readyz", "/metrics"])
def test_probes_are_measured_and_not_logged(route: str, log_lines: LogLines) -> None:
    grown = growth("nbo_request_seconds_count", route=route, method="GET", status="200")
    TestClient(answering(route)).get(route)
    assert grown() == 1
    assert log_lines() == []


def test_a_method_that_nobody_knows_makes_no_label(log_lines: LogLines) -> None:
    grown = growth("nbo_request_seconds_count", route=ROUTE, method="other", status="200")
    TestClient(answering()).request("ANN", "/v1/x")
    assert grown() == 1
    assert [line["method"] for line in log_lines()] == ["other"]


def test_what_fails_is_measured_and_logged_as_a_failure(log_lines: LogLines) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("ann")

    failed = growth("nbo_request_seconds_count", route="unmatched", method="GET", status="500")
    counted = growth("nbo_faults_total", event="internal-error")
    assert TestClient(Envelope(broken)).get("/v1/x").status_code == 500
    assert (failed(), counted()) == (1, 1)
    assert [line["event"] for line in log_lines()] == ["internal-error", "answered"]


def test_who_is_abandoned_is_measured_as_such(log_lines: LogLines) -> None:
    async def endless(*_: object) -> None:
        raise asyncio.CancelledError

    async def nothing(*_: object) -> Message:
        return {}

    scope = {"type": "http", "path": "/v1/x", "method": "GET", "headers": []}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Envelope(endless)(scope, nothing, nothing))  # type: ignore[arg-type]  # sends nothing
    assert [line["status"] for line in log_lines()] == [ABANDONED]
