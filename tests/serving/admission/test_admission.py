"""Calls are let in or refused before anybody reads them, and each refusal says the least."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from serving.admission.admission import Admission
from serving.admission.rates import Rates
from serving.app import create_app
from serving.keys.key import SCOPES
from serving.live.live import Live
from serving.runtime import Runtime
from tests.serving.callers import HEADER, TEXT, HeldKeyring, keyring, record_of
from tests.serving.problems import problem

LogLines = Callable[[], list[dict[str, Any]]]
CHURN = "/v1/customers/1/churn"
SLOW = TEXT.replace("testtest", "slowslow")
"""Allows one call a second."""
LOOKS = TEXT.replace("testtest", "lookslks")
"""Allows to look, nothing else."""


@pytest.fixture
def client(live: Live) -> TestClient:
    """Without a key."""
    held = HeldKeyring(record_of(TEXT), record_of(SLOW, rate=1), record_of(LOOKS, "read"))
    return TestClient(create_app(live, keyring=held), raise_server_exceptions=False)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


@pytest.mark.parametrize("headers", [{}, bearer(""), bearer(TEXT[:-1] + "u"), {"authorization": TEXT}])
def test_without_a_valid_key_every_call_has_one_and_the_same_answer(
    client: TestClient, headers: dict[str, str]
) -> None:
    for method, path in (
        ("GET", CHURN),
        ("DELETE", "/v1/customers/1"),
        ("GET", "/v1/nothing"),
        ("PUT", "/v1/"),
    ):
        response = client.request(method, path, headers=headers)
        assert problem(response, 401, "unauthorized")["detail"].startswith("This call needs a valid key")
        assert response.headers["www-authenticate"] == "Bearer"


def test_of_two_keys_in_one_request_none_counts(client: TestClient) -> None:
    headers = [("authorization", f"Bearer {text}") for text in (TEXT, LOOKS)]
    problem(client.get(CHURN, headers=headers), 401, "unauthorized")


@pytest.mark.parametrize("path", ["/%76%31/customers/1/churn", "/v1//customers/1/churn", "/v1/../v1/release"])
def test_no_other_spelling_of_a_path_gets_past(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (401, 404)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_who_runs_the_service_needs_no_key(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


async def never(_: Message | None = None) -> Message:
    raise AssertionError("the body was read")


async def unreached(_: Scope, __: Receive, ___: Send) -> None:
    raise AssertionError("let in")


def test_a_refusal_reads_no_body_and_reaches_nobody() -> None:
    admission = Admission(unreached, keyring=keyring(), rates=Rates(), most_in_flight=1, runtime=Runtime())
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(admission({"type": "http", "path": "/v1/x", "headers": [], "state": {}}, never, send))
    assert sent[0]["status"] == 401


def test_a_key_that_calls_too_often_is_told_to_wait_and_others_are_not(client: TestClient) -> None:
    assert client.get(CHURN, headers=bearer(SLOW)).status_code == 200
    refused = client.get(CHURN, headers=bearer(SLOW))
    assert "more often than its rate" in problem(refused, 429, "too-many-requests")["detail"]
    assert refused.headers["retry-after"] == "1"
    assert client.get(CHURN, headers=HEADER).status_code == 200


CALLS = {
    "read": [
        ("GET", "/v1/customers/1"),
        ("GET", CHURN),
        ("GET", "/v1/customers/1/offers"),
        ("POST", "/v1/churn:batch"),
        ("POST", "/v1/bundles"),
        ("GET", "/v1/items/BREAD/bundles"),
        ("GET", "/v1/decisions/x"),
        ("GET", "/v1/release"),
    ],
    "decide": [
        ("GET", "/v1/customers/1/next-best-offer"),
        ("POST", "/v1/next-best-offer"),
        ("POST", "/v1/next-best-offer:batch"),
    ],
    "write": [("POST", "/v1/outcomes"), ("PUT", "/v1/customers/1/consents")],
    "admin": [("DELETE", "/v1/customers/1")],
}
"""Which scope each call needs."""


@pytest.mark.parametrize("needed", CALLS)
def test_a_key_without_the_scope_is_refused_by_its_name_and_nothing_is_read(live: Live, needed: str) -> None:
    others = record_of(TEXT, *(scope for scope in SCOPES if scope != needed))
    client = TestClient(create_app(live, keyring=HeldKeyring(others)), headers=HEADER)
    for method, path in CALLS[needed]:
        refused = client.request(method, path, content=b"no JSON")
        assert f'the scope "{needed}"' in problem(refused, 403, "forbidden")["detail"]


@pytest.mark.parametrize("needed", SCOPES)
def test_the_scope_alone_is_enough(live: Live, needed: str) -> None:
    (own,) = (record_of(TEXT, scope) for scope in SCOPES if scope == needed)
    app = create_app(live, keyring=HeldKeyring(own))
    client = TestClient(app, headers=HEADER, raise_server_exceptions=False)
    assert {client.request(*call).status_code for call in CALLS[needed]} <= {200, 404, 422, 503}


def test_every_call_says_in_its_documentation_which_scope_it_needs(client: TestClient) -> None:
    openapi = client.get("/openapi.json").json()
    needed: dict[str, set[tuple[str, str]]] = {}
    for path, methods in openapi["paths"].items():
        for method, call in methods.items():
            (scopes,) = (call.get("security") or [{"key": ["none"]}])[0].values()
            needed.setdefault(scopes[0], set()).add((method.upper(), path))
    assert {scope: len(calls) for scope, calls in needed.items()} == {
        **{scope: len(calls) for scope, calls in CALLS.items()},
        "none": 3,
    }
    assert openapi["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert all(
        path.startswith("/v1/") is (scope != "none") for scope, calls in needed.items() for _, path in calls
    )


def test_keys_are_in_no_line_and_in_no_answer(
    client: TestClient, log_lines: LogLines, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = ""
    for text in (TEXT, SLOW, SLOW, LOOKS, TEXT[:-1] + "u"):
        texts += client.get(CHURN, headers=bearer(text)).text
        texts += client.delete("/v1/customers/1", headers=bearer(text)).text
        texts += client.get(f"/v1/{text}", headers=bearer(text)).text
    written = str(log_lines()) + "".join(capfd.readouterr()) + texts
    assert "ttttttttt" not in written
    assert "nbo_" not in written


def test_an_answer_while_draining_closes_its_connection(live: Live) -> None:
    app = create_app(live, keyring=keyring())
    client = TestClient(app, headers=HEADER)
    assert "connection" not in client.get(CHURN).headers
    app.state.runtime.draining = True
    assert client.get(CHURN).headers["connection"] == "close"
    assert client.get("/readyz").status_code == 503
