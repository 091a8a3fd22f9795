"""The three tiers of rules."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from serving.decision.ends import Ends
from serving.decision.facts import Chance, ItemChance
from serving.decision.rulebook import Rulebook
from serving.decision.shelf import Group
from serving.decision.tiers import Tiers, attributes
from serving.decision.trace import Ended
from tests.serving.decision.books import ASKED, KNOWN, NOON, book, item, offer

FACTS = replace(
    KNOWN,
    attributes={"spend_84d": 120.0, "life_cycle": "steady", "bought": frozenset({"MILK"})},
    churn=Chance(0.25, "churn 3"),
)
QUESTION = replace(ASKED, page="recipes", basket=frozenset({"PASTA"}))
TRUE, FALSE = "spend_84d > 100", "spend_84d > 500"


def breach(
    must: Sequence[str] = (), relevant: Sequence[str] = (), good: Sequence[str] = ()
) -> tuple[str, str, str] | None:
    """Of an offer about cheese to a customer who agreed to e-mail."""
    tiers = Tiers(QUESTION, FACTS, {"web": False, "email": True})
    ended = ends_in(
        tiers, book(offer("a", must=must, relevant=relevant, good=good)), "CHEESE", item("CHEESE", 0.2)
    )
    return None if ended is None else (ended.stage, ended.rule, ended.value)


def ends_in(
    tiers: Tiers, rules: Rulebook, about: str | None = None, chance: ItemChance | None = None
) -> Ended | None:
    """Where the one offer of a rulebook ends, None when it passes."""
    [(rule_set, tags)] = rules.shelf("web", NOON.date()).plain
    ends = Ends()
    group = Group(rule_set, tags, about, chance, tiers.misfit(rule_set, about, chance))
    if tiers.passed([group], ends):
        return None
    [ended] = ends.gathered()
    return ended


@pytest.mark.parametrize(
    "rule",
    [
        "known is yes",
        "churn_probability = 0.25",
        "page = recipes",
        "basket has PASTA",
        "bought has MILK",
        "consent_email is yes",
        "consent_web is no",
        "item = CHEESE",
        "item_probability >= 0.2",
        "life_cycle in [new, steady]",
    ],
)
def test_rules_speak_of_the_customer_the_question_and_the_item(rule: str) -> None:
    assert breach(must=[rule]) is None


def test_the_first_rule_that_fails_is_named_with_what_it_met() -> None:
    assert breach([TRUE, FALSE, "known is no"], [FALSE]) == ("eligibility", FALSE, "spend_84d is 120")


@pytest.mark.parametrize(
    ("tiers", "stage"),
    [
        (([TRUE], [TRUE], [TRUE]), None),
        (([FALSE], [FALSE], [FALSE]), "eligibility"),
        (([TRUE], [FALSE], [FALSE]), "applicability"),
        (([TRUE], [TRUE], [FALSE]), "suitability"),
        (([], [], []), None),
    ],
)
def test_the_tiers_come_one_after_the_other(tiers: tuple[list[str], ...], stage: str | None) -> None:
    ended = breach(*tiers)
    assert (ended and ended[0]) == stage


@pytest.mark.parametrize("rule", ["spend_84d >= 0", "churn_probability < 1", "item = CHEESE", "page != home"])
def test_what_nobody_knows_fails_closed(rule: str) -> None:
    ended = ends_in(Tiers(ASKED, KNOWN, {}), book(offer("a", must=[rule])))
    assert isinstance(ended, Ended)
    assert (ended.stage, ended.rule) == ("eligibility", rule)
    assert "unknown" in ended.value


def test_a_rule_about_the_item_is_asked_for_each_item() -> None:
    rules, tiers = book(offer("a", must=["item = CHEESE"])), Tiers(QUESTION, FACTS, {})
    passes = [ends_in(tiers, rules, name) is None for name in ("CHEESE", "WINE", "CHEESE")]
    assert passes == [True, False, True]


def test_the_question_and_the_facts_win_over_stored_attributes() -> None:
    stored = replace(FACTS, attributes={"known": 0.0, "churn_probability": 0.9, "channel": "email"})
    found = attributes(ASKED, stored, {})
    assert (found["known"], found["churn_probability"], found["channel"]) == (1.0, 0.25, "web")
