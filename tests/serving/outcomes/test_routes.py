"""Outcomes over HTTP: in any order, however late, counted once."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.live.live import Live
from tests.serving.next_best_offer.tiny import rules_in, with_rules
from tests.serving.problems import problem


def post(shop: TestClient, decision_id: str, key: str, kind: str, **more: object) -> bool:
    body = {"key": key, "decision_id": decision_id, "kind": kind, **more}
    response = shop.post("/v1/outcomes", json=body)
    assert response.status_code == 200, response.text
    return bool(response.json()["recorded"])


def test_outcomes_come_in_any_order_and_each_key_counts_once(shop: TestClient, decision_id: str) -> None:
    assert post(shop, decision_id, "p", "purchase", value=12.5, at="2017-12-05T11:59:59Z")
    assert post(shop, decision_id, "a", "accept", offer_id="taste", at="2017-12-05T13:00:00+02:00")
    assert post(shop, decision_id, "i1", "impression", at="2017-12-05T12:09:00Z")  # by a clock that is ahead
    assert post(shop, decision_id, "i2", "impression")
    assert not post(shop, decision_id, "p", "purchase", value=12.5)
    assert not post(shop, decision_id, "i1", "impression")
    trace = shop.get(f"/v1/decisions/{decision_id}").json()
    assert trace["impressions"] == 1
    assert [
        (one["key"], one["kind"], one["offer_id"], one["value"], one["at"]) for one in trace["outcomes"]
    ] == [
        ("a", "accept", "taste", None, "2017-12-05T11:00:00Z"),
        ("p", "purchase", "stay", 12.5, "2017-12-05T11:59:59Z"),
        ("i1", "impression", "stay", None, "2017-12-05T12:00:00Z"),
        ("i2", "impression", "stay", None, "2017-12-05T12:00:00Z"),
    ]


def test_a_rejection_rests_the_offer(
    shop: TestClient, deciding: Live, decision_id: str, tmp_path: Path
) -> None:
    rules = rules_in(tmp_path)
    cool_off = rules.policy.cool_off.model_copy(update={"offer_days": 7.0})
    rests = rules.policy.model_copy(update={"caps": (), "cool_off": cool_off})
    deciding.served = with_rules(deciding, replace(rules, policy=rests))
    assert post(shop, decision_id, "r", "reject", offer_id="stay", at="2017-12-05T11:00:00Z")
    answer = shop.get("/v1/customers/1/next-best-offer?channel=web&placement=other").json()
    assert [one["offer_id"] for one in answer["offers"]] == ["taste"]
    trace = shop.get(f"/v1/decisions/{answer['decision_id']}").json()
    (ended,) = [one for one in trace["ended"] if one["offer_id"] == "stay"]
    assert (ended["stage"], ended["rule"]) == ("contact_policy", "cool-off of the offer")


def test_an_unknown_decision_is_a_problem(shop: TestClient) -> None:
    for decision_id in ("0" * 32, "nobody's", "DE/4711"):
        body = {"key": "k", "decision_id": decision_id, "kind": "accept"}
        problem(shop.post("/v1/outcomes", json=body), 404, "unknown-decision")
        problem(shop.get(f"/v1/decisions/{decision_id}"), 404, "unknown-decision")


def test_a_key_that_stands_for_something_else_is_a_conflict(shop: TestClient, decision_id: str) -> None:
    assert post(shop, decision_id, "k", "purchase", value=1.0)
    for body in (
        {"kind": "purchase", "value": 2.0},
        {"kind": "redeem", "value": 1.0},
        {"kind": "purchase", "value": 1.0, "offer_id": "taste"},
    ):
        response = shop.post("/v1/outcomes", json={"key": "k", "decision_id": decision_id, **body})
        problem(response, 409, "outcome-conflict")


def test_an_offer_that_was_not_given_is_refused(shop: TestClient, decision_id: str) -> None:
    body = {"key": "k", "decision_id": decision_id, "kind": "accept", "offer_id": "thanks"}
    problem(shop.post("/v1/outcomes", json=body), 422, "not-given")
    nothing = shop.get("/v1/customers/gone/next-best-offer?channel=email").json()
    assert nothing["answer"] == "no_offer"
    body = {"key": "k", "decision_id": nothing["decision_id"], "kind": "accept"}
    problem(shop.post("/v1/outcomes", json=body), 422, "not-given")
    assert post(shop, nothing["decision_id"], "seen", "impression")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ('"kind": "purchase", "value": NaN', "body.value"),
        ('"kind": "purchase", "value": Infinity', "body.value"),
        ('"kind": "purchase", "value": -1e999', "body.value"),
        ('"kind": "purchase", "value": 1e13', "body.value"),
        ('"kind": "purchase", "value": "12"', "body.value"),
        ('"kind": "purchase"', "body"),
        ('"kind": "accept", "value": 1', "body"),
        ('"kind": "bought"', "body.kind"),
        ('"kind": "accept", "at": "2017-12-05T13:00:00Z"', "body.at"),
        ('"kind": "accept", "at": "1969-12-31T23:59:59Z"', "body.at"),
        ('"kind": "accept", "at": "2017-12-05T12:00:00"', "body.at"),
        ('"kind": "accept", "at": "0001-01-01T00:00:00+14:00"', "body.at"),
        ('"kind": "accept", "at": 1e300', "body.at"),
        ('"kind": "accept", "at": 20171204', "body.at"),
        ('"kind": "accept", "at": "20171204"', "body.at"),
        ('"kind": "accept", "at": "1512345678"', "body.at"),
        ('"kind": "accept", "offer_id": ""', "body.offer_id"),
        ('"kind": "accept", "surprise": 1', "body.surprise"),
    ],
)
def test_a_wrong_outcome_is_refused_with_its_place(
    shop: TestClient, decision_id: str, content: str, where: str
) -> None:
    body = f'{{"key": "k", "decision_id": "{decision_id}", {content}}}'
    response = shop.post("/v1/outcomes", content=body, headers={"content-type": "application/json"})
    assert [error["where"] for error in problem(response, 422, "invalid-request")["errors"]] == [where]


@pytest.mark.parametrize("key", ["", "x" * 129, "a\n", "\x00"])
def test_a_malformed_key_is_refused(shop: TestClient, decision_id: str, key: str) -> None:
    response = shop.post("/v1/outcomes", json={"key": key, "decision_id": decision_id, "kind": "accept"})
    assert [error["where"] for error in problem(response, 422, "invalid-request")["errors"]] == ["body.key"]


def test_without_a_ledger_writing_is_not_ready(shop: TestClient, deciding: Live) -> None:
    deciding.ledger, deciding.ledger_fault = None, "the ledger is gone"
    body = {"key": "k", "decision_id": "0" * 32, "kind": "accept"}
    for response in (shop.post("/v1/outcomes", json=body), shop.get(f"/v1/decisions/{'0' * 32}")):
        assert "The ledger cannot be used" in problem(response, 503, "not-ready")["detail"]
    assert (
        shop.get("/v1/customers/1/next-best-offer?channel=web").json()["fault"] == "the ledger cannot be used"
    )
    assert shop.get("/v1/customers/1/churn").status_code == 200
