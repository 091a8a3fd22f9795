"""Every ledger keeps these promises about outcomes."""

from dataclasses import replace
from math import inf, nan

import pytest

from features.errors import InputError
from serving.decision.trace import Decision, Priced
from serving.ledger import KeyTaken, Ledger, NotGiven, Outcome, UnknownDecision
from tests.entries import AT, DAY, enter, giving, outcome, priced, question

CHEESE = priced("cheese", "cross_sell", cost=0.25)
WINE = priced("wine", "bundle", cost=0.5)


@pytest.fixture
def made(ledger: Ledger) -> Decision:
    """Gives cheese, then wine."""
    return enter(ledger, giving(question(ledger), CHEESE, WINE))


def outcomes_of(ledger: Ledger, decision: Decision) -> tuple[Outcome, ...]:
    found = ledger.decision(decision.decision_id)
    assert found is not None
    return found.outcomes


def impressions_of(ledger: Ledger, decision: Decision) -> int:
    found = ledger.decision(decision.decision_id)
    assert found is not None
    return found.impressions


def test_outcomes_are_given_back_by_moment_and_key_however_they_came(ledger: Ledger, made: Decision) -> None:
    said = [
        outcome(made.decision_id, "impression", "c", offer_id="cheese", at=AT),
        outcome(made.decision_id, "impression", "d", offer_id="wine", at=AT),
        outcome(made.decision_id, "accept", "b", offer_id="wine", at=AT + DAY),
        outcome(made.decision_id, "redeem", "a", offer_id="wine", value=12.5, at=AT + 2 * DAY),
        outcome(made.decision_id, "purchase", "e", offer_id="cheese", value=-3.25, at=AT + 400 * DAY),
    ]
    for one in [said[3], said[0], said[4], said[2], said[1]]:
        assert ledger.record_outcome(one)
    assert outcomes_of(ledger, made) == tuple(said)
    assert impressions_of(ledger, made) == 2


def test_the_same_key_is_the_same_outcome_whenever_it_is_said(ledger: Ledger, made: Decision) -> None:
    first = outcome(made.decision_id, "purchase", "k", offer_id="cheese", value=3.0)
    assert ledger.record_outcome(first)
    assert not ledger.record_outcome(first)
    assert not ledger.record_outcome(replace(first, at=AT + DAY, offer_id=None))
    assert outcomes_of(ledger, made) == (first,)


def test_a_key_stands_for_one_outcome(ledger: Ledger, made: Decision) -> None:
    other = enter(ledger, giving(question(ledger, "bob"), CHEESE))
    first = outcome(made.decision_id, "purchase", "k", value=3.0)
    ledger.record_outcome(first)
    for changed in (
        replace(first, decision_id=other.decision_id),
        replace(first, kind="accept"),
        replace(first, offer_id="wine"),
        replace(first, value=3.01),
        replace(first, value=None),
    ):
        with pytest.raises(KeyTaken, match="this key stands for another outcome"):
            ledger.record_outcome(changed)
    assert outcomes_of(ledger, made) == (replace(first, offer_id="cheese"),)
    assert outcomes_of(ledger, other) == ()


def test_an_impression_counts_once_for_each_offer_whatever_its_key(ledger: Ledger, made: Decision) -> None:
    for number in range(3):
        ledger.record_outcome(outcome(made.decision_id, "impression", f"cheese {number}"))
        ledger.record_outcome(outcome(made.decision_id, "impression", f"wine {number}", offer_id="wine"))
    assert impressions_of(ledger, made) == 2
    assert len(outcomes_of(ledger, made)) == 6


def test_an_outcome_of_no_decision_is_refused(ledger: Ledger, made: Decision) -> None:
    unknown = made.decision_id[::-1]
    with pytest.raises(
        UnknownDecision, match="no decision with this id is in the ledger: quote the decision_id"
    ):
        ledger.record_outcome(outcome(unknown, "accept"))


def test_an_offer_that_was_not_given_is_refused(ledger: Ledger, made: Decision) -> None:
    with pytest.raises(NotGiven, match="gave no such offer: name one that it gave"):
        ledger.record_outcome(outcome(made.decision_id, "accept", offer_id="tea"))
    assert outcomes_of(ledger, made) == ()


@pytest.mark.parametrize("withheld", [(CHEESE, WINE), ()], ids=["control", "no offer"])
def test_of_who_was_given_nothing_only_what_needs_no_offer_is_taken(
    ledger: Ledger, withheld: tuple[Priced, ...]
) -> None:
    nothing = enter(ledger, giving(question(ledger), withheld=withheld))
    said = [outcome(nothing.decision_id, "impression"), outcome(nothing.decision_id, "purchase", value=9.0)]
    assert all(ledger.record_outcome(one) for one in said)
    for kind in ("accept", "reject", "redeem"):
        with pytest.raises(
            NotGiven, match="of a decision that gave none say no more than impressions and purchases"
        ):
            ledger.record_outcome(outcome(nothing.decision_id, kind))
    with pytest.raises(NotGiven, match="without an offer"):
        ledger.record_outcome(outcome(nothing.decision_id, "purchase", "k", offer_id="cheese"))
    assert outcomes_of(ledger, nothing) == tuple(said)


def test_a_value_is_a_finite_number(ledger: Ledger, made: Decision) -> None:
    for value in (nan, inf, -inf):
        with pytest.raises(InputError, match="of an outcome is no amount of money: give a finite number"):
            ledger.record_outcome(outcome(made.decision_id, "purchase", value=value))
    assert outcomes_of(ledger, made) == ()


def test_a_key_that_one_database_could_not_hold_is_refused_by_both(ledger: Ledger, made: Decision) -> None:
    for key in ("nul\0inside", "k" * 513):
        with pytest.raises(InputError, match="a key of an outcome has 1 to 128 characters"):
            ledger.record_outcome(outcome(made.decision_id, "accept", key))
    assert outcomes_of(ledger, made) == ()
