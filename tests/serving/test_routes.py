"""The service over HTTP: every answer as documented, every fault a problem document."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from starlette.testclient import TestClient

from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.routes.incoming import SHORT
from tests.fakes import MemoryStore
from tests.serving.problems import problem
from tests.serving.tiny import INFO, ROWS, offline_probability


def churn_path(customer_id: str) -> str:
    return f"/v1/customers/{quote(customer_id, safe='')}/churn"


@pytest.mark.parametrize("row", [row for row in ROWS if row[1]], ids=lambda row: ascii(row[0]))
def test_the_score_over_http_equals_the_offline_formula(
    client: TestClient, row: tuple[str, bool, Any]
) -> None:
    answer = client.get(churn_path(row[0])).json()
    assert answer["customer_id"] == row[0]
    assert answer["probability"] == pytest.approx(offline_probability(row[2]), rel=0, abs=1e-12)


def test_an_answer_holds_the_listed_fields_only(client: TestClient) -> None:
    answer = client.get(churn_path("1")).json()
    listed = "customer_id status probability band summary horizon_days definition as_of reasons model stale"
    assert set(answer) == set(listed.split())
    assert set(answer["reasons"][0]) == {"feature", "value", "words", "direction", "contribution"}
    assert answer["as_of"] == "2017-12-04T00:00:00Z"


@pytest.mark.parametrize(
    ("query", "count"), [("", 4), ("?reasons=0", 0), ("?reasons=2", 2), ("?reasons=20", 4)]
)
def test_the_query_chooses_how_many_reasons(client: TestClient, query: str, count: int) -> None:
    assert len(client.get(churn_path("1") + query).json()["reasons"]) == count


def test_a_lapsed_customer_is_an_answer(client: TestClient) -> None:
    response = client.get(churn_path("gone"))
    assert response.status_code == 200
    assert response.json()["status"] == "lapsed"
    assert response.json()["probability"] is None


def test_a_slash_may_be_encoded_or_not(client: TestClient) -> None:
    for path in ("/v1/customers/DE%2F4711/churn", "/v1/customers/DE/4711/churn"):
        assert client.get(path).json()["customer_id"] == "DE/4711"


@pytest.mark.parametrize(
    "stranger", ["2", "0001", "\u00a0", "..%", "a/churn/churn", "�", "y" * 128, "😀" * 128]
)
def test_every_stranger_gets_the_same_body(client: TestClient, stranger: str) -> None:
    body = problem(client.get(churn_path(stranger)), 404, "unknown-customer")
    assert body == client.get(churn_path("nobody at all")).json()


@pytest.mark.parametrize(
    "malformed", ["", "\x00", "a\x00b", "a\nb", "\n", "a\r", "\x7f", "\x85", "x" * 129, "x" * 10_000]
)
def test_a_malformed_id_is_refused_without_repeating_it(client: TestClient, malformed: str) -> None:
    response = client.get(churn_path(malformed))
    body = problem(response, 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == ["path.customer_id"]
    assert len(response.content) < 500


@pytest.mark.parametrize(
    "query",
    [
        "reasons=-1",
        "reasons=21",
        "reasons=x",
        "reasons=1e3",
        "reasons=",
        "features=all",
        "reasons=1&channel=a",
    ],
)
def test_a_wrong_or_unknown_query_is_refused(client: TestClient, query: str) -> None:
    problem(client.get(f"{churn_path('1')}?{query}"), 422, "invalid-request")


def batch(client: TestClient, content: bytes, media: str = "application/json") -> httpx2.Response:
    response: httpx2.Response = client.post(
        "/v1/churn:batch", content=content, headers={"content-type": media}
    )
    return response


def test_a_batch_answers_known_and_unknown_apart(client: TestClient) -> None:
    asked = ["gone", "stranger", "1", "1", "DE/4711", "nobody"]
    body = client.post("/v1/churn:batch", json={"customer_ids": asked, "reasons": 1}).json()
    assert [answer["customer_id"] for answer in body["results"]] == ["gone", "1", "1", "DE/4711"]
    assert body["unknown"] == ["stranger", "nobody"]
    assert [len(answer["reasons"]) for answer in body["results"]] == [0, 1, 1, 1]


def test_a_batch_has_no_reasons_unless_asked(client: TestClient) -> None:
    body = client.post("/v1/churn:batch", json={"customer_ids": ["1"]}).json()
    assert body["results"][0]["reasons"] == []


def test_a_full_batch_fits_and_keeps_its_order(client: TestClient) -> None:
    asked = [("1", "01", "stranger", "x" * 128)[i % 4] for i in range(1000)]
    body = client.post("/v1/churn:batch", json={"customer_ids": asked}).json()
    assert [answer["customer_id"] for answer in body["results"]] == ["1", "01"] * 250
    assert len(body["unknown"]) == 500


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "body"),
        (b"{}", "body.customer_ids"),
        (b"[]", "body"),
        (b'{"customer_ids": []}', "body.customer_ids"),
        (b'{"customer_ids": ["1"], "reasons": 21}', "body.reasons"),
        (b'{"customer_ids": ["1"], "reasons": "1"}', "body.reasons"),
        (b'{"customer_ids": ["1"], "reasons": 1.5}', "body.reasons"),
        (b'{"customer_ids": ["1"], "reasons": true}', "body.reasons"),
        (b'{"customer_ids": ["1"], "reasons": 1e308}', "body.reasons"),
        (b'{"customer_ids": ["1"], "reasons": NaN}', "body.reasons"),
        (b'{"customer_ids": ["1"], "features": true}', "body.features"),
        (b'{"customer_ids": [1]}', "body.customer_ids.0"),
        (b'{"customer_ids": [null]}', "body.customer_ids.0"),
        (b'{"customer_ids": NaN}', "body.customer_ids"),
        (b'{"customer_ids": ["\\ud800"]}', "body.customer_ids.0"),
        (b'{"customer_ids": ["ok", "a\\u0000"]}', "body.customer_ids.1"),
        (b'{"customer_ids": [' + b'"1",' * 1000 + b'"1"]}', "body.customer_ids"),
        (b'{"customer_ids": ["1"]', "body.22"),
        (b"\xff\xfe", "body.0"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(client: TestClient, content: bytes, where: str) -> None:
    body = problem(batch(client, content), 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == [where]


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"reasons":' + b"1" * 5000 + b"}"], ids=["deep", "digits"]
)
def test_an_unreadable_body_is_refused(client: TestClient, content: bytes) -> None:
    problem(batch(client, content), 400, "")


def test_the_last_of_doubled_keys_counts(client: TestClient) -> None:
    body = batch(client, b'{"customer_ids": ["1"], "customer_ids": ["01"]}').json()
    assert [answer["customer_id"] for answer in body["results"]] == ["01"]


def test_a_body_of_another_media_type_is_refused(client: TestClient) -> None:
    problem(batch(client, b'{"customer_ids": ["1"]}', "text/plain"), 422, "invalid-request")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/churn:batch/", 404),
        ("GET", "/static-offline-docs/nothing", 404),
        ("POST", "/v1/customers/1/churn", 405),
        ("DELETE", "/v1/customers/1/churn", 405),
        ("GET", "/v1/churn:batch", 405),
        ("POST", "/v1/customers/1/offers", 405),
        ("TRACE", "/livez", 405),
    ],
)
def test_a_wrong_path_or_method_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    problem(response, status, "")
    assert ("allow" in response.headers) is (status == 405)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/customers/1", "DELETE, GET"),
        ("/v1/customers/1/consents", "PUT"),
        ("/v1/customers/1/churn", "GET"),
        ("/v1/churn:batch", "POST"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_which_ones_there_are(client: TestClient, path: str, allowed: str) -> None:
    response = client.options(path)
    problem(response, 405, "")
    assert sorted(response.headers["allow"].split(", ")) == allowed.split(", ")


def test_a_whole_number_may_be_written_with_a_point(client: TestClient) -> None:
    body = batch(client, b'{"customer_ids": ["1"], "reasons": 2.0}').json()
    assert len(body["results"][0]["reasons"]) == 2


def test_a_swap_is_seen_by_the_next_request(client: TestClient, live: Live, models: Models) -> None:
    store = MemoryStore(replace(INFO, customers=1), [("new", *ROWS[0][1:])])
    live.served = Served(models, store)
    assert client.get(churn_path("new")).status_code == 200
    problem(client.get(churn_path("1")), 404, "unknown-customer")


def test_a_request_id_differs_each_time(client: TestClient) -> None:
    assert client.get("/livez").headers["x-request-id"] != client.get("/livez").headers["x-request-id"]


def test_a_query_that_was_read_before_is_read_alike(client: TestClient) -> None:
    for reasons in ("1", "2", "1", "2"):
        answer = client.get(f"/v1/customers/1/churn?reasons={reasons}")
        assert len(answer.json()["reasons"]) == int(reasons)
    for name in ("reasom", "reasom", "r" * SHORT):
        refused = client.get(f"/v1/customers/1/churn?{name}=1")
        assert refused.status_code == 422
