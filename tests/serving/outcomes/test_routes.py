"""Outcomes over HTTP: in any order, however late, counted once; and the trace of a decision."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.decision.trace import Decision
from serving.ledger import Ledger
from serving.live import Live
from tests.serving.next_best_offer.tiny import NOON, POLICY, read_tiny
from tests.serving.problems import problem


@pytest.fixture
def decision_id(shop: TestClient) -> str:
    """Of an answer that gives two offers to customer 1."""
    answer = shop.get("/v1/customers/1/next-best-offer?channel=web&limit=2").json()
    assert [one["offer_id"] for one in answer["offers"]] == ["stay", "taste"]
    return str(answer["decision_id"])


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


def test_a_rejection_rests_the_offer(shop: TestClient, deciding: Live, decision_id: str) -> None:
    assert deciding.rulebook is not None
    rests = deciding.rulebook.policy.model_copy(
        update={
            "caps": (),
            "cool_off": deciding.rulebook.policy.cool_off.model_copy(update={"offer_days": 7.0}),
        }
    )
    deciding.rulebook = replace(deciding.rulebook, policy=rests)
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


def test_a_trace_names_every_candidate_once_with_its_stage(
    shop: TestClient, deciding: Live, decision_id: str
) -> None:
    assert deciding.rulebook is not None
    trace: dict[str, Any] = shop.get(f"/v1/decisions/{decision_id}").json()
    assert {one["offer_id"]: (one["stage"], one["rule"], one["value"]) for one in trace["ended"]} == {
        "stay": ("answer", "1", ""),
        "taste": ("answer", "2", ""),
        "toast": ("candidates", "no_basket", ""),
        "thanks": ("suitability", "life_cycle in [growing, steady]", "life_cycle is at risk"),
        None: ("arbitrate", "priority", "0.00"),
    }
    assert len(trace["ended"]) == 5
    assert [(one["offer_id"], one["selection_probability"]) for one in trace["priced"]] == [
        ("stay", 1.0),
        ("taste", 0.0),
        (None, 0.0),
    ]
    assert trace["priced"][0]["reserved"] == pytest.approx(1.0)
    assert (trace["given"], trace["withheld"], trace["group"]) == (["stay", "taste"], [], "treated")
    assert (trace["channel"], trace["placement"], trace["currency"]) == ("web", "web", "USD")
    assert trace["rulebook"] == deciding.rulebook.name
    assert trace["why"] == "The best offer is expected to bring 6.16 USD more than no offer."


def test_the_control_group_is_given_nothing_and_the_trace_says_what_was_withheld(
    shop: TestClient, deciding: Live, ledger: Ledger, tmp_path: Path
) -> None:
    deciding.rulebook = read_tiny(tmp_path, policy=POLICY.replace("share = 0.0, salt", "share = 0.5, salt"))
    answers = [
        shop.get(f"/v1/customers/stranger {number}/next-best-offer?channel=till").json()
        for number in range(20)
    ]
    control = [one for one in answers if one["group"] == "control"]
    assert 0 < len(control) < 20
    assert {(one["answer"], one["reason"], len(one["offers"])) for one in control} == {
        ("no_offer", "control_group", 0)
    }
    trace = shop.get(f"/v1/decisions/{control[0]['decision_id']}").json()
    assert (trace["given"], trace["withheld"]) == ([], ["taste"])
    withheld = [one for one in ledger.totals().customers if one.group == "control"]
    assert {one.offer_id for one in withheld} == {"taste"}
    assert sum(one.counts.contacts for one in withheld) == 0


def test_without_a_ledger_writing_is_not_ready(shop: TestClient, deciding: Live) -> None:
    deciding.ledger, deciding.ledger_fault = None, "the ledger is gone"
    body = {"key": "k", "decision_id": "0" * 32, "kind": "accept"}
    for response in (shop.post("/v1/outcomes", json=body), shop.get(f"/v1/decisions/{'0' * 32}")):
        assert problem(response, 503, "not-ready")["detail"] == "the ledger is gone"
    assert (
        shop.get("/v1/customers/1/next-best-offer?channel=web").json()["fault"] == "the ledger cannot be used"
    )
    assert shop.get("/v1/customers/1/churn").status_code == 200


def test_a_trace_is_said_without_rules_as_well(shop: TestClient, deciding: Live, decision_id: str) -> None:
    deciding.rulebook = None
    trace = shop.get(f"/v1/decisions/{decision_id}").json()
    assert (trace["currency"], trace["given"]) == ("USD", ["stay", "taste"])


def test_a_recorded_decision_is_the_one_of_the_answer(ledger: Ledger, decision_id: str) -> None:
    recorded = ledger.decision(decision_id)
    assert recorded is not None
    decision: Decision = recorded.decision
    assert (decision.customer_id, decision.decided_at) == ("1", NOON)
