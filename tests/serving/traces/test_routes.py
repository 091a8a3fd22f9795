"""The trace of a decision over HTTP."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.decision.trace import Decision
from serving.keys.key import id_of
from serving.ledger import Ledger
from serving.live.live import Live
from tests.serving.callers import TEXT
from tests.serving.next_best_offer.tiny import NOON, rules_in, with_rules
from tests.serving.rules import POLICY


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
    assert trace["asked_by"] == id_of(TEXT)
    assert trace["rulebook"] == deciding.rulebook.name
    assert trace["why"] == "The best offer is expected to bring 6.16 USD more than no offer."


def test_the_control_group_is_given_nothing_and_the_trace_says_what_was_withheld(
    shop: TestClient, deciding: Live, ledger: Ledger, tmp_path: Path
) -> None:
    rules = rules_in(tmp_path, policy=POLICY.replace("share = 0.0, salt", "share = 0.5, salt"))
    deciding.served = with_rules(deciding, rules)
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


def test_a_trace_is_said_without_rules_as_well(shop: TestClient, deciding: Live, decision_id: str) -> None:
    deciding.served = with_rules(deciding, None)
    trace = shop.get(f"/v1/decisions/{decision_id}").json()
    assert (trace["currency"], trace["given"]) == ("USD", ["stay", "taste"])


def test_a_recorded_decision_is_the_one_of_the_answer(ledger: Ledger, decision_id: str) -> None:
    recorded = ledger.decision(decision_id)
    assert recorded is not None
    decision: Decision = recorded.decision
    assert (decision.customer_id, decision.decided_at) == ("1", NOON)
