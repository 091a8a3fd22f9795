"""Bundles over HTTP: as documented, every fault a problem document."""

import json
from urllib.parse import quote

import httpx2
import pytest
from starlette.testclient import TestClient

from serving.admission.body import MAX_BODY_BYTES
from serving.ids import MAX_ID
from tests.serving.bundles.tiny import BREAD, IDS, ODD, own_shares, ranking
from tests.serving.problems import problem


def ask(client: TestClient, **body: object) -> httpx2.Response:
    response: httpx2.Response = client.post("/v1/bundles", json=body)
    return response


def item_path(item: str) -> str:
    return f"/v1/items/{quote(item, safe='')}/bundles"


def items(response: httpx2.Response) -> list[str]:
    return [suggestion["item_id"] for suggestion in response.json()["suggestions"]]


@pytest.mark.parametrize("way", ["basket", "item"])
def test_an_answer_holds_the_listed_fields_only(client: TestClient, way: str) -> None:
    response = ask(client, basket=["BREAD"]) if way == "basket" else client.get(item_path("BREAD"))
    assert response.status_code == 200
    listed = "basket ignored starter personal ranked_by suggestions item_level currency learned_through"
    assert set(response.json()) == {*listed.split(), "as_of", "model", "stale"}
    of_suggestions = (
        "item_id name probability margin expected_margin evidence because count support confidence lift lift_low "
        "lift_high leverage conviction zhang adjusted_lift p_value q_value relation explained"
    )
    assert set(response.json()["suggestions"][0]) == set(of_suggestions.split())
    assert response.json()["model"] == {"name": "bundles", "version": "4", "release": "7"}
    assert response.json()["learned_through"] == "2017-12-04T00:00:00Z"


def test_a_basket_gets_the_five_best(client: TestClient) -> None:
    assert items(ask(client, basket=["BREAD"])) == ranking([BREAD])[:5]
    assert items(ask(client, basket=["BREAD"], limit=2)) == ranking([BREAD])[:2]
    assert items(ask(client, basket=["BREAD"], limit=50)) == ranking([BREAD])


def test_habits_of_a_customer_are_used(client: TestClient) -> None:
    answer = ask(client, basket=["BREAD"], customer_id="1", limit=50)
    assert answer.json()["personal"] is True
    assert items(answer) == ranking([BREAD], own_shares("1"))
    for customer_id in (None, "stranger"):
        answer = ask(client, basket=["BREAD"], customer_id=customer_id)
        assert (answer.status_code, answer.json()["personal"]) == (200, False)


def test_an_empty_basket_gets_starters(client: TestClient) -> None:
    answer = ask(client, basket=[])
    assert answer.json()["starter"] is True
    assert items(answer) == ranking([])[:5]


def test_an_infinite_conviction_is_null(client: TestClient) -> None:
    answer = ask(client, basket=["JAM"], limit=50).json()
    (bread,) = [one for one in answer["suggestions"] if one["item_id"] == "BREAD"]
    assert (bread["confidence"], bread["conviction"]) == (1.0, None)


STRANGE = [
    "a/b",
    "'",
    '"',
    "'; DROP TABLE items; --",
    "a\nb",
    "\r\n",
    "\t",
    "\x00",
    "\x7f",
    "客" * MAX_ID,
    "😀",
    " ",
    "%",
]


@pytest.mark.parametrize("item", STRANGE)
def test_a_strange_unknown_item_is_ignored_in_a_basket_and_unknown_alone(
    client: TestClient, item: str
) -> None:
    answer = ask(client, basket=[item, "BREAD", item])
    assert (answer.json()["basket"], answer.json()["ignored"]) == (["BREAD"], [item])
    body = problem(client.get(item_path(item)), 404, "unknown-item")
    assert body == client.get(item_path("no such item")).json()


def test_a_strange_known_item_is_found(client: TestClient) -> None:
    assert ask(client, basket=[ODD]).json()["basket"] == [ODD]
    answer = client.get(item_path(ODD))
    assert answer.json()["basket"] == [ODD]
    assert items(answer) == ["BEER"]
    assert ODD in items(client.get(item_path("BEER")))


def test_a_slash_in_an_item_may_be_encoded_or_not(client: TestClient) -> None:
    half = ODD.replace("/", "\0")
    for address in (item_path(ODD), item_path(half).replace("%00", "/")):
        assert client.get(address).json()["basket"] == [ODD]


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=x", "limit=", "customer_id=1", "limit=1.5"])
def test_a_wrong_or_unknown_query_is_refused(client: TestClient, query: str) -> None:
    problem(client.get(f"{item_path('BREAD')}?{query}"), 422, "invalid-request")


@pytest.mark.parametrize("item", ["", "x" * (MAX_ID + 1), "x" * 10_000])
def test_an_item_without_length_or_of_too_much_is_refused(client: TestClient, item: str) -> None:
    body = problem(client.get(item_path(item)), 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == ["path.item_id"]
    body = problem(ask(client, basket=["BREAD", item]), 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == ["body.basket.1"]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "body"),
        (b"{}", "body.basket"),
        (b"[]", "body"),
        (b'["BREAD"]', "body"),
        (b'{"basket": null}', "body.basket"),
        (b'{"basket": "BREAD"}', "body.basket"),
        (b'{"basket": {"BREAD": 1}}', "body.basket"),
        (b'{"basket": [1]}', "body.basket.0"),
        (b'{"basket": [null]}', "body.basket.0"),
        (b'{"basket": [["BREAD"]]}', "body.basket.0"),
        (b'{"basket": ["\\ud800"]}', "body.basket.0"),
        (b'{"basket": [], "limit": 0}', "body.limit"),
        (b'{"basket": [], "limit": 51}', "body.limit"),
        (b'{"basket": [], "limit": "5"}', "body.limit"),
        (b'{"basket": [], "limit": 5.5}', "body.limit"),
        (b'{"basket": [], "limit": null}', "body.limit"),
        (b'{"basket": [], "limit": NaN}', "body.limit"),
        (b'{"basket": [], "customer_id": 1}', "body.customer_id"),
        (b'{"basket": [], "customer_id": ""}', "body.customer_id"),
        (b'{"basket": [], "customer_id": "a\\nb"}', "body.customer_id"),
        (b'{"basket": [], "customer_id": "\\udfff"}', "body.customer_id"),
        (b'{"basket": [], "margin": true}', "body.margin"),
        (b'{"basket": [' + b'"1",' * 5000 + b'"1"]}', "body.basket"),
        (b'{"basket": ["1"]', "body.16"),
        (b"\xff\xfe", "body.0"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(client: TestClient, content: bytes, where: str) -> None:
    response = client.post("/v1/bundles", content=content, headers={"content-type": "application/json"})
    body = problem(response, 422, "invalid-request")
    assert [error["where"] for error in body["errors"]] == [where]


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"limit":' + b"1" * 5000 + b"}"], ids=["deep", "digits"]
)
def test_an_unreadable_body_is_refused(client: TestClient, content: bytes) -> None:
    response = client.post("/v1/bundles", content=content, headers={"content-type": "application/json"})
    problem(response, 400, "")


def test_a_full_basket_of_the_longest_ids_fits(client: TestClient) -> None:
    asked = [f"{number:0{MAX_ID}d}" for number in range(4999)] + ["BREAD"]
    answer = client.post(
        "/v1/bundles", content=json.dumps({"basket": asked}), headers={"content-type": "application/json"}
    )
    assert (answer.json()["basket"], answer.json()["ignored"]) == (["BREAD"], asked[:-1])


def test_a_basket_may_name_one_item_5000_times(client: TestClient) -> None:
    answer = ask(client, basket=["BREAD"] * 5000)
    assert (answer.json()["basket"], items(answer)) == (["BREAD"], ranking([BREAD])[:5])


def test_everything_in_the_basket_leaves_nothing_to_add(client: TestClient) -> None:
    answer = ask(client, basket=IDS)
    assert (answer.status_code, answer.json()["suggestions"], answer.json()["starter"]) == (200, [], False)


def test_more_than_any_basket_has_is_refused(client: TestClient) -> None:
    content = json.dumps({"basket": ["x" * MAX_BODY_BYTES]})
    response = client.post("/v1/bundles", content=content, headers={"content-type": "application/json"})
    problem(response, 413, "body-too-large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/bundles", 405),
        ("POST", "/v1/items/BREAD/bundles", 405),
        ("GET", "/v1/items/BREAD", 404),
        ("GET", "/v1/items/BREAD/bundles/", 404),
    ],
)
def test_a_wrong_path_or_method_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    problem(client.request(method, path), status, "")
