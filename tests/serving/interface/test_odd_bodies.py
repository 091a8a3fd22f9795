"""What no client should send, and some do: every answer is a documented one, and none breaks the service."""

import json
from collections.abc import Callable

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serving.problems import MEDIA_TYPE
from tests.serving.interface.asking import calls
from tests.serving.interface.bodies import BODIES

JSON = "application/json"
DEEP = 100_000
Send = Callable[..., httpx2.Response]
NEVER: list[object] = [
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    10**4000,
    "\ud800",
    "a\x00b",
    "a\nb",
    "x" * 100_000,
    [[[[[]]]]],
    {"$ref": "#"},
    "",
]
ITEMS = (["a\x00b"], ["a\nb"])
"""Values that are right nowhere, but for an item, which may hold any character."""
UNREADABLE = {
    "arrays": b"[" * DEEP,
    "closed-arrays": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"a":' * DEEP,
    "digits": b"1" * 5000,
    "not-utf-8": b'{"a": "\xe9"}',
    "half": b'{"customer_ids": ["1"',
    "quotes": b"{'a': 1}",
    "comment": b"{} // said",
    "twice": b"{}{}",
    "nothing": b"",
    "nul": b"\x00",
    "xml": b"<a/>",
    "form": b"a=1&b=2",
    "null": b"null",
    "text": b'"text"',
    "surrogate": b'"\\ud800"',
    "infinity": b"Infinity",
    "list": b"[{}]",
}


@pytest.fixture(scope="module")
def send(service: FastAPI, caller: TestClient) -> Send:
    """Send something to a call; returns what it answered, which is documented and no fault of the service."""
    shapes = {call["operationId"]: call["responses"] for call in calls(service.openapi())}
    path = "/v1/customers/1/next-best-offer?channel=web&placement=odd"
    decision_id = caller.get(path).json()["decision_id"].encode()

    def sent(name: str, content: bytes, media: str = JSON) -> httpx2.Response:
        response: httpx2.Response = caller.request(
            BODIES[name].method,
            BODIES[name].path,
            content=content.replace(b"DECISION", decision_id),
            headers={"content-type": media} if media else {},
        )
        assert response.status_code < 500
        assert str(response.status_code) in shapes[name]
        assert response.headers["content-type"] == (JSON if response.status_code == 200 else MEDIA_TYPE)
        return response

    return sent


def whole(name: str) -> bytes:
    return json.dumps(BODIES[name].body).encode()


def changed(name: str, field: str, value: object) -> bytes:
    return json.dumps({**BODIES[name].body, field: value}).encode()


def test_every_call_that_takes_a_body_takes_its_own(service: FastAPI, send: Send) -> None:
    taking = {call["operationId"] for call in calls(service.openapi()) if "requestBody" in call}
    assert taking == set(BODIES)
    assert {send(name, whole(name)).status_code for name in BODIES} == {200}


@pytest.mark.parametrize("odd", UNREADABLE)
def test_what_cannot_be_read_is_refused(send: Send, odd: str) -> None:
    for name in BODIES:
        assert send(name, UNREADABLE[odd]).status_code in {400, 422}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_right_for_no_field_is_refused_in_each(send: Send, name: str) -> None:
    for field in BODIES[name].body:
        for odd in NEVER:
            for value in (odd, [odd]):
                taken = field == "basket" and value in ITEMS
                status = send(name, changed(name, field, value)).status_code
                assert status == (200 if taken else 422), (field, value)


@pytest.mark.parametrize("surprise", ["features", "attributes", "__proto__", ""])
def test_a_field_that_is_not_listed_is_refused(send: Send, surprise: str) -> None:
    for name in BODIES:
        refused = send(name, changed(name, surprise, value=True)).json()
        assert [error["where"] for error in refused["errors"]] == [f"body.{surprise}"]


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/xml", "multipart/form-data; boundary=x", "*/*", "json", "a/b+json"],
)
def test_a_body_that_is_not_called_json_is_refused(send: Send, media: str) -> None:
    for name in BODIES:
        assert send(name, whole(name), media).status_code == 422


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json ; x", "application/a+json"],
)
def test_a_body_that_is_called_json_is_taken(send: Send, media: str) -> None:
    for name in BODIES:
        assert send(name, whole(name), media).status_code == 200


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"])
def test_another_encoding_of_unicode_is_recognized(send: Send, encoding: str) -> None:
    for name in BODIES:
        text = whole(name).decode().replace("DECISION", "0" * 32)
        assert send(name, text.encode(encoding)).status_code == (404 if "0" * 32 in text else 200)


def test_the_last_of_two_fields_of_one_name_counts(send: Send) -> None:
    for name in BODIES:
        field = json.dumps(next(iter(BODIES[name].body))).encode()
        assert send(name, b"{" + field + b": 0, " + whole(name)[1:]).status_code == 200
        assert send(name, whole(name)[:-1] + b", " + field + b": 0}").status_code == 422
