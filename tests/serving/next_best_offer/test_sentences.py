"""Every reason has its sentence, and every number its words."""

from dataclasses import replace

import pytest

from serving.decision.trace import Decision, Ended, Factor, Reason
from serving.next_best_offer import sentences
from tests.serving.offline.test_decision_log import CHEESE, DECISION

NONE: Decision = replace(DECISION, given=())


@pytest.mark.parametrize(
    ("decision", "reason", "sentence"),
    [
        (DECISION, "offer", "The best offer is expected to bring 1.25 USD more than no offer."),
        (
            replace(DECISION, explored=True),
            "offer",
            "The offer, drawn by lot among the best, is expected to bring 1.25 USD more than no offer.",
        ),
        (
            replace(DECISION, given=(CHEESE._replace(priority=-0.1),), explored=True),
            "offer",
            "The offer, drawn by lot among the best, is expected to bring -0.10 USD more than no offer.",
        ),
        (
            replace(NONE, withheld=(CHEESE,)),
            "control_group",
            "The customer is in the control group: it gets no offers, so that their effect can be measured.",
        ),
        (NONE, "not_worth_it", "No offer is expected to bring more than it costs."),
        (NONE, "explored", "No offer was drawn by lot, so that its effect can be measured."),
        (
            replace(
                NONE,
                ended=(
                    Ended(("a",), "contact_policy", "cap"),
                    Ended(("b",), "consent", "x"),
                    Ended(("c", "d"), "consent", "y"),
                    Ended((None,), "answer", "1"),
                ),
            ),
            "none_left",
            "No offer was left for this customer: 3 ended in consent, 1 ended in contact policy.",
        ),
    ],
)
def test_every_reason_is_a_sentence(decision: Decision, reason: Reason, sentence: str) -> None:
    assert sentences.why(replace(decision, reason=reason)) == sentence


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (Factor("save_rate", 0.125, "share", "assumption"), "save rate 12 % (assumption)"),
        (Factor("stake", 1234.5, "money", "assumption"), "stake 1,234.50 USD (assumption)"),
        (Factor("lever", 1.1, "ratio", "policy"), "lever 1.1 (policy)"),
    ],
)
def test_every_number_has_words(factor: Factor, words: str) -> None:
    assert sentences.factor_answer(factor, "USD").words == words


def test_a_bundle_goes_with_what_the_basket_holds() -> None:
    assert sentences.goes_with(["Bread", "Butter"]) == "goes with Bread and Butter"
