"""One question becomes one decision."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from serving.decision.decide import decide, group_of
from serving.decision.facts import Chance, History
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision, Priced, from_json, to_json
from tests.serving.decision.books import ASKED, KNOWN, NOON, book, ends, ids, item, offer, policy

SHOPPER = replace(
    KNOWN,
    attributes={"spend_84d": 84.0, "life_cycle": "steady"},
    churn=Chance(0.1, "churn 3"),
    new_items=(item("WINE", 0.2), item("BEER", 0.1)),
    release={"churn": "3", "cross_sell": "2"},
)
OFFERS = (
    offer("points", value=1.0),  # 0.5 x 1
    offer("stay", "retention", discount=1.0),  # 0.1 x 42 x 0.5 - 1
    offer("taste", "cross_sell"),  # 0.2 x 5
    offer("costly", cost=6.0),  # 0.5 x 10 - 6
    offer("vip", must=["spend_84d > 500"]),
    offer("mail", channels=["email"]),
    offer("pair", "bundle"),
)
ALL = {"share": 0.5, "salt": "s2"}
"""With this salt customer 1 is in the control group."""


def decided(rules: Rulebook, limit: int = 1, decision_id: str = "d1") -> Decision:
    return decide(replace(ASKED, limit=limit, decision_id=decision_id), SHOPPER, History(), rules)


def test_the_best_offer_wins_and_everybody_has_an_end() -> None:
    decision = decided(book(*OFFERS))
    assert (decision.group, decision.reason, decision.explored) == ("treated", "offer", False)
    assert ids(decision.given) == ["stay"]
    assert decision.withheld == ()
    assert ids(decision.priced) == ["stay", "taste", "points", None, "costly"]
    assert [one.priority for one in decision.priced] == pytest.approx([1.1, 1.0, 0.5, 0.0, -1.0])
    assert ends(decision) == {
        "stay": ("answer", "1", ""),
        "taste": ("arbitrate", "priority", "1.00"),
        "points": ("arbitrate", "priority", "0.50"),
        None: ("arbitrate", "priority", "0.00"),
        "costly": ("arbitrate", "not_worth_it", "-1.00"),
        "vip": ("eligibility", "spend_84d > 500", "spend_84d is 84"),
        "mail": ("candidates", "channel", "web"),
        "pair": ("candidates", "no_basket", ""),
    }


def test_a_decision_says_what_it_rests_on() -> None:
    rules = book(*OFFERS)
    decision = decided(rules)
    assert (decision.decision_id, decision.customer_id) == ("d1", "1")
    assert (decision.channel, decision.placement) == ("web", "home")
    assert (decision.decided_at, decision.as_of) == (NOON, datetime(2026, 3, 1, tzinfo=UTC))
    assert (decision.known, decision.release) == (True, {"churn": "3", "cross_sell": "2"})
    assert decision.rulebook == rules.name
    assert from_json(to_json(decision)) == decision


def test_more_offers_are_the_next_best() -> None:
    decision = decided(book(*OFFERS), limit=9)
    assert ids(decision.given) == ["stay", "taste", "points"]
    places = [ends(decision)[name][:2] for name in ("stay", "taste", "points")]
    assert places == [("answer", "1"), ("answer", "2"), ("answer", "3")]


def test_nothing_may_be_worth_it() -> None:
    decision = decided(book(OFFERS[3]))
    assert (decision.reason, decision.given) == ("not_worth_it", ())
    assert ends(decision) == {None: ("answer", "1", ""), "costly": ("arbitrate", "not_worth_it", "-1.00")}
    assert decision.selection_probability == 1


def test_nobody_may_be_left() -> None:
    decision = decided(book(*OFFERS[4:]))
    assert (decision.reason, decision.given, ids(decision.priced)) == ("none_left", (), [None])
    assert ends(decision)[None] == ("answer", "1", "")
    assert decision.selection_probability == 1


def test_the_control_group_gets_nothing_and_is_told_what() -> None:
    decision = decided(book(*OFFERS, control=ALL), limit=2)
    assert (decision.group, decision.reason, decision.given) == ("control", "control_group", ())
    assert ids(decision.withheld) == ["stay", "taste"]
    assert decision.selection_probability == 0.5
    found = ends(decision)
    assert found["stay"] == ("control_group", "control_group", "1")
    assert found["taste"] == ("control_group", "control_group", "2")
    assert found[None] == ("answer", "1", "")
    assert found["points"] == ("arbitrate", "priority", "0.50")


def test_who_would_get_nothing_anyway_gets_it_for_that_reason() -> None:
    decision = decided(book(OFFERS[3], control=ALL))
    assert (decision.group, decision.reason, decision.withheld) == ("control", "not_worth_it", ())
    assert decision.selection_probability == 1


def test_the_control_group_stays_and_has_its_share() -> None:
    control = policy(control={"share": 0.05, "salt": "pepper"}).control
    customers = [str(number) for number in range(20_000)]
    inside = {name for name in customers if group_of(name, control) == "control"}
    assert inside == {name for name in customers if group_of(name, control) == "control"}
    assert len(inside) == pytest.approx(1000, abs=4 * (20_000 * 0.05 * 0.95) ** 0.5)
    larger = policy(control={"share": 0.1, "salt": "pepper"}).control
    assert all(group_of(name, larger) == "control" for name in inside)
    other = policy(control={"share": 0.05, "salt": "salt"}).control
    assert len({name for name in inside if group_of(name, other) == "control"}) < 100


def test_the_lot_may_choose_another_offer_or_none() -> None:
    rules = book(*OFFERS, exploration={"share": 0.2, "max_loss": 1.1})
    found = {decision.given[0].offer_id if decision.given else None: decision for decision in _many(rules)}
    assert set(found) == {"stay", "taste", "points", None}
    taste, nothing = found["taste"], found[None]
    assert (taste.reason, taste.explored) == ("offer", True)
    assert taste.selection_probability == pytest.approx(0.05)
    assert ends(taste)["stay"] == ("arbitrate", "explored", "1.10")
    assert (nothing.reason, nothing.explored) == ("explored", True)
    assert ends(nothing)["points"] == ("arbitrate", "explored", "0.50")
    assert ends(nothing)["costly"] == ("arbitrate", "not_worth_it", "-1.00")


def test_in_the_control_group_the_lot_says_what_is_withheld() -> None:
    rules = book(*OFFERS, exploration={"share": 0.2, "max_loss": 1.1}, control=ALL)
    found = {decision.withheld[0].offer_id for decision in _many(rules) if decision.withheld}
    assert found == {"stay", "taste", "points"}
    assert {decision.selection_probability for decision in _many(rules)} == {0.5 + 0.5 * 0.05}
    assert {ends(decision)[None][0] for decision in _many(rules)} == {"answer"}


def _many(rules: Rulebook) -> list[Decision]:
    return [decided(rules, decision_id=f"d{number}") for number in range(300)]


def older(one: Priced) -> dict[str, Any]:
    """As a trace of before has it."""
    others = {name: value for name, value in one._asdict().items() if name not in {"values", "sources"}}
    return {**others, "factors": [factor._asdict() for factor in one.factors]}


def test_a_trace_of_before_with_an_entry_for_each_candidate_is_read_as_well() -> None:
    decision = decided(book(*OFFERS))
    trace: dict[str, Any] = json.loads(to_json(decision))
    del trace["formulas"]
    trace["ended"] = [
        {"offer_id": name, "stage": stage, "rule": rule, "value": value}
        for name, (stage, rule, value) in ends(decision).items()
    ]
    for key in ("given", "withheld", "priced"):
        trace[key] = [older(one) for one in getattr(decision, key)]
    read = from_json(json.dumps(trace))
    assert ends(read) == ends(decision)
    assert replace(read, ended=()) == replace(decision, ended=())


def test_a_trace_says_what_its_numbers_are_and_is_refused_with_others() -> None:
    decision = decided(book(*OFFERS))
    trace: dict[str, Any] = json.loads(to_json(decision))
    assert [name for name, _ in trace["formulas"]["retention"]] == [
        one.name for one in decision.given[0].factors
    ]
    trace["formulas"]["retention"][0][0] = "luck"
    with pytest.raises(ValueError, match="other numbers than those of today"):
        from_json(json.dumps(trace))


@pytest.mark.parametrize("name", ["values", "sources"])
def test_a_price_that_lacks_a_number_or_a_source_is_refused(name: str) -> None:
    [given] = decided(book(*OFFERS)).given
    short = given._replace(**{name: getattr(given, name)[1:]})
    with pytest.raises(ValueError, match="a price of kind retention has 7 numbers, each with a source"):
        from_json(to_json(replace(decided(book(*OFFERS)), given=(short,))))
