"""The next best offers of the demo: which customers it shows, and how an answer and the way to it are told."""

import random
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from demo.decisions import choose, decision_panel
from serving.next_best_offer.schemas import GivenOffer, NextBestOfferAnswer
from serving.traces.schemas import DecisionAnswer, EndedAnswer

FACTORS: list[dict[str, Any]] = [
    {"name": "churn", "value": 0.4, "unit": "share", "source": "churn 3", "words": "churn 40 % (churn 3)"},
    {"name": "cost", "value": 0.1, "unit": "money", "source": "policy", "words": "cost 0.10 USD (policy)"},
]
ENDED = [
    ("win-back", "answer", "1", ""),
    ("b", "eligibility", "known is yes", "known is no"),
    ("c", "eligibility", "known is yes", "known is no"),
    ("d", "contact_policy", "per_day", "5 of 5 given today"),
    (None, "arbitrate", "priority", "0.00"),
]


def answer(
    customer_id: str, kind: str | None, worth: float = 0.0, reason: str = "offer"
) -> NextBestOfferAnswer:
    """One answer; no kind is no offer."""
    given = {
        "offer_id": "win-back",
        "name": "[Five] off",
        "kind": kind,
        "item": "CHEESE",
        "item_name": "[Cheese]",
        "rank": 1,
        "priority": worth,
        "currency": "USD",
        "words": [],
        "factors": FACTORS,
        "assumptions": [],
    }
    values = {
        "decision_id": "0123456789abcdef",
        "customer_id": customer_id,
        "status": "known",
        "answer": "offer" if kind else "no_offer",
        "reason": reason,
        "why": "Because.",
        "group": "treated",
        "explored": False,
        "offers": [GivenOffer.model_validate(given)] if kind else [],
        "selection_probability": 0.9,
        "decided_at": "2026-01-02T00:00:00Z",
        "as_of": "2017-12-04T00:00:00Z",
        "release": {"churn": "3"},
        "rulebook": "1-abc",
        "degraded": False,
        "fault": None,
        "stale": False,
    }
    return NextBestOfferAnswer.model_validate(values)


ANSWERS = [
    answer("cheap", "retention", 0.5),
    answer("dear", "retention", 2.0),
    answer("new", "cross_sell", 0.2),
    answer("control", None, reason="control_group"),
    answer("left", None, reason="none_left"),
    answer("costly", None, reason="not_worth_it"),
]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ANSWERS, ["dear", "new", "costly"]),  # another kind before a dearer offer of the same
        (ANSWERS[:2] + ANSWERS[5:], ["dear", "cheap", "costly"]),
        (ANSWERS[:5], ["dear", "new", "left"]),
        (ANSWERS[:4], ["dear", "new", "control"]),
        (ANSWERS[:3], ["dear", "new", "cheap"]),
        (ANSWERS[3:], ["costly"]),
        ([], []),
    ],
)
def test_the_dearest_offers_of_two_kinds_are_shown_and_a_customer_without(
    told: list[NextBestOfferAnswer], expected: list[str]
) -> None:
    assert [one.customer_id for one in choose(random.sample(told, len(told)))] == expected


def traced(one: NextBestOfferAnswer) -> DecisionAnswer:
    names = ("offer_id", "stage", "rule", "value")
    values = {
        **one.model_dump(include=set(DecisionAnswer.model_fields) & set(NextBestOfferAnswer.model_fields)),
        "asked_by": "a1b2c3d4",
        "channel": "web",
        "placement": "web",
        "given": [],
        "withheld": [],
        "currency": "USD",
        "priced": [],
        "ended": [EndedAnswer.model_validate(dict(zip(names, row, strict=True))) for row in ENDED],
        "outcomes": [],
        "impressions": 0,
    }
    return DecisionAnswer.model_validate(values)


def shown(one: NextBestOfferAnswer) -> list[str]:
    """The lines of the panel, with one space where there are many."""
    text = StringIO()
    Console(file=text, width=100).print(decision_panel(one, traced(one)))
    return [" ".join(line.strip("│").split()) for line in text.getvalue().splitlines()]


def test_an_offer_is_shown_with_its_factors_and_where_the_others_ended() -> None:
    title, *lines, end = shown(answer("[7]", "retention", 2.0))
    assert title.startswith("╭─ customer [7]: retention ─")
    assert lines == [
        "[Five] off: [Cheese]",
        "Because.",
        "churn 40 % (churn 3)",
        "cost 0.10 USD (policy)",
        "Where the others ended:",
        "2 eligibility known is yes",
        "1 contact policy per_day",
    ]
    assert "decision 01234567, rulebook 1-abc, known as of 2017-12-04" in end


def test_no_offer_is_shown_as_an_answer_of_its_own() -> None:
    title, first, why, *_ = shown(answer("7", None, reason="not_worth_it"))
    assert title.startswith("╭─ customer 7: no offer ─")
    assert (first, why) == ("No offer", "Because.")
