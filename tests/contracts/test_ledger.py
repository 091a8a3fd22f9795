"""Every ledger keeps these promises about decisions."""

import random
import time
from datetime import UTC, datetime
from typing import Never

import pytest

from features.errors import InputError
from serving.decision.facts import Consent, Contact, History, Rejection
from serving.decision.trace import Decision
from serving.ledger import Ledger, Limits, Occasion, Recorded, TooLate, open_ledger
from tests.entries import (
    AT,
    DAY,
    SECRET,
    LimitsById,
    answer,
    enter,
    giving,
    history_before,
    outcome,
    priced,
    question,
    within,
)

CHEESE = priced("cheese", "cross_sell", reserved=0.75, cost=0.25)
WINE = priced("wine", "bundle", reserved=2.0, cost=0.5)
WITHHELD = (Contact("cheese", "cross_sell", "web", AT), Contact("wine", "bundle", "web", AT))
NAMES = ["ann", "DE/4711", "two\nlines", 'O\'Brien "the" %_', "Åse 客", "007", "7", " ", "客" * 128]


def refuse(_: History) -> Never:
    raise AssertionError("decided again")


def test_a_decision_is_given_back_as_it_was_made(ledger: Ledger) -> None:
    for customer_id in NAMES:
        asked = question(ledger, customer_id)
        made = enter(ledger, giving(asked, CHEESE, WINE))
        assert made == answer(asked, CHEESE, WINE)
        assert ledger.decision(asked.decision_id) == Recorded(made, (), 0)


def test_an_id_that_one_database_could_not_hold_is_refused_by_both(ledger: Ledger) -> None:
    for customer_id in ("", "nul\0inside", "half \ud83d", "x" * 513):
        asked = question(ledger, customer_id)
        with pytest.raises(
            InputError, match="a customer id has 1 to 128 characters of Unicode, none of them"
        ):
            enter(ledger, giving(asked, CHEESE))
        assert ledger.decision(asked.decision_id) is None


def test_the_same_occasion_is_decided_once(ledger: Ledger, url: str) -> None:
    made = enter(ledger, giving(question(ledger), CHEESE))
    later = question(ledger, at=AT.replace(hour=23))
    again = open_ledger(url, SECRET)
    assert enter(ledger, Occasion(later, refuse)) == enter(again, Occasion(later, refuse)) == made
    again.close()
    assert history_before(ledger, AT).used == {"cheese": 1}


def test_an_occasion_is_customer_channel_placement_day_and_context(ledger: Ledger) -> None:
    day = AT.date()
    context = {"page": "/wine", "basket": ["1", "2"]}
    occasions = [
        ledger.decision_id("ann", "web", "top", day, {}),
        ledger.decision_id("bob", "web", "top", day, {}),
        ledger.decision_id("ann", "app", "top", day, {}),
        ledger.decision_id("ann", "web", "foot", day, {}),
        ledger.decision_id("ann", "web", "top", (AT + DAY).date(), {}),
        ledger.decision_id("ann", "web", "top", day, {"page": "/wine"}),
        ledger.decision_id("ann", "web", "top", day, context),
        ledger.decision_id('ann", "web', "top", "", day, {}),
    ]
    assert len(set(occasions)) == len(occasions)
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in occasions)
    turned = {"basket": ["1", "2"], "page": "/wine"}
    assert ledger.decision_id("ann", "web", "top", day, turned) == occasions[6]


def test_the_history_is_what_was_given_and_turned_down_within_the_days_asked_for(ledger: Ledger) -> None:
    entries = [(AT - 31 * DAY, CHEESE), (AT - 30 * DAY, WINE), (AT - 3 * DAY, CHEESE), (AT - DAY, WINE)]
    random.shuffle(entries)
    made = {at: enter(ledger, giving(question(ledger, at=at), offer)) for at, offer in entries}
    enter(ledger, giving(question(ledger, "bob", AT - DAY), CHEESE))
    ledger.record_outcome(outcome(made[AT - 31 * DAY].decision_id, "reject", at=AT - 2 * DAY))
    ledger.record_outcome(outcome(made[AT - DAY].decision_id, "accept", at=AT))
    found = history_before(ledger, AT)
    assert found.contacts == (
        Contact("cheese", "cross_sell", "web", AT - 3 * DAY),
        Contact("wine", "bundle", "web", AT - DAY),
    )
    assert found.rejections == (Rejection("cheese", "cross_sell", AT - 2 * DAY),)
    assert found.used == {}
    assert found.spent == {"cheese": 3 * 0.75, "wine": 2 * 2.0}


def test_what_is_withheld_counts_towards_caps_alone_and_no_offer_nowhere(ledger: Ledger) -> None:
    enter(ledger, giving(question(ledger), withheld=(CHEESE, WINE)))
    enter(ledger, giving(question(ledger, placement="foot")))
    assert history_before(ledger, AT) == History(contacts=WITHHELD)


def test_in_one_transaction_what_is_withheld_counts_as_well(ledger: Ledger) -> None:
    seen: list[History] = []
    second = question(ledger, placement="foot")

    def look(history: History) -> Decision:
        seen.append(history)
        return answer(second)

    first = giving(question(ledger), withheld=(CHEESE, WINE))
    ledger.decide_many([first, Occasion(second, look)], {}, days=30)
    assert seen == [History(contacts=WITHHELD)]


def test_what_a_worker_whose_clock_is_ahead_did_has_happened(ledger: Ledger) -> None:
    ahead = enter(ledger, giving(question(ledger, at=AT + 1e-6 * DAY), CHEESE))
    ledger.record_outcome(outcome(ahead.decision_id, "reject", at=AT + 2e-6 * DAY))
    found = history_before(ledger, AT)
    assert found.contacts == (Contact("cheese", "cross_sell", "web", AT),)
    assert found.rejections == (Rejection("cheese", "cross_sell", AT),)
    assert ledger.history("ann", AT, 30) == History()


def test_the_history_of_a_moment_knows_nothing_of_later_ones(ledger: Ledger) -> None:
    enter(ledger, giving(question(ledger, at=AT - DAY), CHEESE))
    enter(ledger, giving(question(ledger, at=AT + DAY), WINE))
    ledger.set_consent("ann", "email", "marketing", Consent(granted=True, at=AT))
    ledger.set_consent("ann", "mail", "marketing", Consent(granted=True, at=AT + DAY))
    found = ledger.history("ann", AT, 30)
    assert found.contacts == (Contact("cheese", "cross_sell", "web", AT - DAY),)
    assert found.consents == {("email", "marketing"): Consent(granted=True, at=AT)}


def test_pieces_are_counted_by_the_day_and_money_for_good(ledger: Ledger) -> None:
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    limits: LimitsById = {"cheese": Limits(per_day=2), "wine": Limits(budget=5.0)}
    given = [
        [
            offer.offer_id
            for offer in enter(ledger, within(question(ledger, name, at), limits, CHEESE, WINE), limits).given
        ]
        for name, at in [("a", AT), ("b", AT), ("c", AT), ("d", midnight), ("e", midnight)]
    ]
    assert given == [["cheese", "wine"], ["cheese", "wine"], [], ["cheese"], ["cheese"]]
    found = history_before(ledger, midnight)
    assert found.used == {"cheese": 2}
    assert found.spent == {"cheese": 4 * 0.75, "wine": 4.0}


def test_a_limit_holds_against_a_decision_that_does_not_know_it(ledger: Ledger) -> None:
    both = [giving(question(ledger, name), CHEESE) for name in ("ann", "bob")]
    for limits in (Limits(per_day=1), Limits(budget=1.0)):
        with pytest.raises(RuntimeError, match="whose limit is reached, however often"):
            ledger.decide_many(both, {"cheese": limits}, days=30)
    assert history_before(ledger, AT) == History()


def test_a_budget_is_full_when_it_is_spent_to_the_last_cent(ledger: Ledger) -> None:
    limits: LimitsById = {"tea": Limits(budget=1.0)}
    tea = priced("tea", reserved=0.1)
    occasions = [within(question(ledger, f"{number}"), limits, tea) for number in range(12)]
    made = ledger.decide_many(occasions[:4], limits, days=30) + [
        enter(ledger, one, limits) for one in occasions[4:]
    ]
    assert [len(one.given) for one in made] == [1] * 10 + [0] * 2


def test_a_budget_does_not_depend_on_the_order_in_which_a_machine_adds(ledger: Ledger) -> None:
    """0.3 + 0.2 + 0.1 is 0.6, but 0.3 + (0.2 + 0.1) is a little more."""
    limits: LimitsById = {"tea": Limits(budget=0.6)}
    one, *two = [
        within(question(ledger, name), limits, priced("tea", reserved=money))
        for name, money in [("ann", 0.3), ("bob", 0.2), ("cleo", 0.1)]
    ]
    made = [enter(ledger, one, limits), *ledger.decide_many(two, limits, days=30)]
    assert [len(decision.given) for decision in made] == [1, 1, 1]


def test_an_error_in_the_decision_records_nothing(ledger: Ledger) -> None:
    occasions = [giving(question(ledger, "bob"), CHEESE), Occasion(question(ledger), refuse)]
    with pytest.raises(AssertionError, match="decided again"):
        ledger.decide_many(occasions, {}, days=30)
    assert ledger.decision(occasions[0].question.decision_id) is None
    assert history_before(ledger, AT) == History()


def test_past_the_deadline_nothing_is_recorded(ledger: Ledger) -> None:
    asked = question(ledger)
    cheese, before = giving(asked, CHEESE), time.monotonic() - 1
    with pytest.raises(TooLate, match="not ready before the deadline: nothing was recorded"):
        ledger.decide_many([cheese], {}, days=30, deadline=before)
    assert ledger.decision(asked.decision_id) is None
    assert history_before(ledger, AT) == History()
    made = ledger.decide_many([cheese], {}, days=30, deadline=before + 3600)
    assert ledger.recorded([asked.decision_id, "nobody's"]) == {asked.decision_id: made[0]}


def test_a_chunk_is_answered_in_its_order_and_each_sees_those_before(ledger: Ledger) -> None:
    limits: LimitsById = {"cheese": Limits(per_day=2, budget=9.0)}
    old = enter(ledger, giving(question(ledger, "old"), WINE))
    places = [("zoe", "top"), ("old", "top"), ("ann", "top"), ("zoe", "foot"), ("zoe", "top"), ("bob", "top")]
    seen: dict[tuple[str, str], History] = {}

    def occasion(name: str, placement: str) -> Occasion:
        asked = question(ledger, name, placement=placement)

        def decide(history: History) -> Decision:
            seen[name, placement] = history
            return within(asked, limits, CHEESE).decide(history)

        return Occasion(asked, decide)

    made = ledger.decide_many([occasion(*place) for place in places], limits, days=30)
    assert [(one.customer_id, one.placement) for one in made] == places
    assert [[offer.offer_id for offer in one.given] for one in made] == [
        ["cheese"], ["wine"], ["cheese"], [], ["cheese"], []
    ]  # fmt: skip
    assert made[1] == old
    assert seen["zoe", "foot"].contacts == (Contact("cheese", "cross_sell", "web", AT),)
    assert seen["zoe", "foot"].used == {"wine": 1, "cheese": 2}
    assert seen["bob", "top"].spent == {"wine": 2.0, "cheese": 1.5}
    assert [ledger.decision(one.decision_id) for one in made] == [Recorded(one, (), 0) for one in made]


def test_nobody_knows_a_decision_that_nobody_made(ledger: Ledger) -> None:
    assert ledger.decision("0" * 32) is None
