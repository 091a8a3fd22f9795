"""Every ledger adds up by the definitions of docs/ledger.md: for the report, the export and the erasure."""

import random
from contextlib import closing
from dataclasses import astuple, replace

import pytest

from serving.decision.facts import Consent, History, Question
from serving.ledger import Counts, Erased, Erasure, KeptTotal, Ledger, Limits, Occasion, Totals, open_ledger
from serving.ledger.database import Database
from serving.ledger.totals import logged_after
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
)

CHEESE = priced("cheese", "cross_sell", cost=0.25, value=3.0, discount=1.0)
CLUB = priced("club", cost=0.5, value=8.0, discount=2.0)


def filled(ledger: Ledger) -> None:
    """Eight decisions and what became of them, in any order."""
    occasions = [
        giving(question(ledger, "ann", AT), CHEESE),
        giving(question(ledger, "ann", AT + DAY), CHEESE, CLUB),
        giving(question(ledger, "ann", AT, channel="email"), CHEESE),
        giving(question(ledger, "bob", AT), CLUB),
        giving(question(ledger, "bob", AT + DAY)),
        giving(question(ledger, "cleo", AT), withheld=(CHEESE, CLUB)),
        giving(question(ledger, "cleo", AT + DAY), withheld=(CLUB,)),
        giving(question(ledger, "dora", AT)),
    ]
    ids = [one.question.decision_id for one in occasions]
    random.shuffle(occasions)
    ledger.decide_many(occasions, {}, days=30)
    said = [
        outcome(ids[0], "impression", "1"),
        outcome(ids[0], "impression", "2"),
        outcome(ids[0], "purchase", "3", value=10.0),
        outcome(ids[0], "purchase", "4", value=2.0),
        outcome(ids[1], "accept", "5", offer_id="cheese"),
        outcome(ids[1], "redeem", "6", offer_id="cheese", value=8.0),
        outcome(ids[1], "accept", "7", offer_id="club"),
        outcome(ids[1], "accept", "8", offer_id="club"),
        outcome(ids[1], "redeem", "9", offer_id="club"),
        outcome(ids[3], "reject", "10"),
        outcome(ids[4], "purchase", "11", value=6.0),
        outcome(ids[5], "purchase", "12", value=4.0),
        outcome(ids[6], "purchase", "13", value=4.0),
    ]
    random.shuffle(said)
    for one in said:
        ledger.record_outcome(one)


def stranger(asked: Question) -> Occasion:
    """Gives cheese to somebody of whom nothing is known."""
    decision = replace(answer(asked, CHEESE), known=False)
    return Occasion(asked, lambda _: decision)


# offer, first offer of the answer, channel, group and customer:
# decisions, contacts, impressions, accepts, rejects, redeems, purchases, value, cost
Key = tuple[str | None, str | None, str, str, str]
EXPECTED: dict[Key, tuple[float, ...]] = {
    # the margin is 0.25, of (10 + 2) and of 8; contacts at 0.25 each, one discount of 1
    ("cheese", "cheese", "web", "treated", "ann"): (2, 2, 1, 1, 0, 1, 2, 3.0 + 2.0, 2 * 0.25 + 1.0),
    ("cheese", "cheese", "email", "treated", "ann"): (1, 1, 0, 0, 0, 0, 0, 0.0, 0.25),
    # taken, but nobody paid: its agreed value was hoped for; one contact at 0.5, one discount of 2
    ("club", "cheese", "web", "treated", "ann"): (1, 1, 0, 1, 0, 1, 0, 0.0, 0.5 + 2.0),
    ("club", "club", "web", "treated", "bob"): (1, 1, 0, 0, 1, 0, 0, 0.0, 0.5),
    (None, None, "web", "treated", "bob"): (1, 0, 0, 0, 0, 0, 1, 0.25 * 6.0, 0.0),
    (None, None, "web", "treated", "dora"): (1, 0, 0, 0, 0, 0, 0, 0.0, 0.0),
    # withheld: what the customer did without it, at no cost, said of the first alone
    ("cheese", "cheese", "web", "control", "cleo"): (1, 0, 0, 0, 0, 0, 1, 0.25 * 4.0, 0.0),
    ("club", "cheese", "web", "control", "cleo"): (1, 0, 0, 0, 0, 0, 0, 0.0, 0.0),
    ("club", "club", "web", "control", "cleo"): (1, 0, 0, 0, 0, 0, 1, 0.25 * 4.0, 0.0),
}


def by_key(totals: Totals) -> dict[Key, tuple[float, ...]]:
    found: dict[Key, tuple[float, ...]] = {
        (one.offer_id, one.first_id, one.channel, one.group, one.customer_id): astuple(one.counts)
        for one in totals.customers
    }
    assert len(found) == len(totals.customers)
    return found


def test_totals_are_by_offer_first_offer_channel_group_and_customer(ledger: Ledger) -> None:
    filled(ledger)
    assert by_key(ledger.totals()) == EXPECTED
    assert ledger.totals().kept == ()


def test_totals_may_begin_at_a_moment(ledger: Ledger) -> None:
    filled(ledger)
    assert by_key(ledger.totals(since=AT + DAY)) == {
        ("cheese", "cheese", "web", "treated", "ann"): (1, 1, 0, 1, 0, 1, 0, 2.0, 0.25 + 1.0),
        **{
            key: EXPECTED[key]
            for key in (
                ("club", "cheese", "web", "treated", "ann"),
                (None, None, "web", "treated", "bob"),
                ("club", "club", "web", "control", "cleo"),
            )
        },
    }


def test_the_reward_of_a_decision_is_what_it_earned_less_what_it_cost(ledger: Ledger) -> None:
    filled(ledger)
    logged = list(ledger.logged())
    ids = [one.decision.decision_id for one in logged]
    assert ids == sorted(ids)
    rewards = {
        (one.decision.customer_id, one.decision.channel, one.decision.decided_at): one.reward
        for one in logged
    }
    assert rewards == {
        ("ann", "web", AT): 3.0 - 0.25,
        ("ann", "web", AT + DAY): 2.0 - 0.25 - 1.0 - 0.5 - 2.0,
        ("ann", "email", AT): -0.25,
        ("bob", "web", AT): -0.5,
        ("bob", "web", AT + DAY): 1.5,
        ("cleo", "web", AT): 1.0,
        ("cleo", "web", AT + DAY): 1.0,
        ("dora", "web", AT): 0.0,
    }


def test_an_export_may_end_at_a_moment(ledger: Ledger) -> None:
    filled(ledger)
    assert {one.decision.decided_at for one in ledger.logged(until=AT + DAY)} == {AT}
    assert len(list(ledger.logged(until=AT + 2 * DAY))) == 8


def test_an_export_goes_on_over_many_pages(ledger: Ledger) -> None:
    occasions = [giving(question(ledger, f"{number}"), CHEESE) for number in range(1001)]
    made = ledger.decide_many(occasions, {}, days=30)
    logged = list(ledger.logged())
    assert [one.decision for one in logged] == sorted(made, key=lambda one: one.decision_id)
    assert {one.reward for one in logged} == {-0.25}


def test_a_page_of_an_export_is_of_one_moment(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its decisions and their rewards are two questions, and who is erased in between is in both."""
    monkeypatch.setattr("serving.ledger.ledger._PATIENCE", 0)
    filled(ledger)
    with closing(Database(url)) as database, database.reading() as connection:
        before = logged_after(connection, "", 10)
        ledger.erase("ann", AT)
        assert logged_after(connection, "", 10) == before
        assert len(before) == 8
    assert len(list(ledger.logged())) == 5


def test_erasing_removes_every_row_and_keeps_counts_without_a_name(ledger: Ledger, url: str) -> None:
    filled(ledger)
    ledger.set_consent("ann", "email", "marketing", Consent(granted=True, at=AT))
    before = {one.decision.decision_id for one in ledger.logged() if one.decision.customer_id == "ann"}
    done = ledger.erase("ann", AT)
    kept = {
        KeptTotal(offer, channel, "treated", Counts(*EXPECTED[offer, "cheese", channel, "treated", "ann"]))  # type: ignore[arg-type]  # whole ones first
        for offer, channel in [("cheese", "web"), ("cheese", "email"), ("club", "web")]
    }
    assert done.removed == {"outcomes": 9, "answers": 4, "decisions": 3, "consents": 1}
    assert set(done.kept) == kept
    assert [ledger.decision(decision_id) for decision_id in before] == [None, None, None]
    assert ledger.consents("ann") == {}
    assert ledger.history("ann", AT + DAY, 30).contacts == ()
    found = ledger.totals()
    assert by_key(found) == {key: row for key, row in EXPECTED.items() if key[4] != "ann"}
    assert set(found.kept) == kept
    later = open_ledger(url, SECRET)
    assert later.erased(["bob", "ann", "Ann", "half \ud83d"]) == {"ann"}
    later.close()


def test_counts_of_everybody_erased_are_added(ledger: Ledger) -> None:
    filled(ledger)
    for customer_id in ("dora", "bob", "cleo"):
        ledger.erase(customer_id, AT)
    assert {(one.offer_id, one.channel, one.group): astuple(one.counts) for one in ledger.totals().kept} == {
        (None, "web", "treated"): (2, 0, 0, 0, 0, 0, 1, 1.5, 0.0),
        ("club", "web", "treated"): EXPECTED["club", "club", "web", "treated", "bob"],
        ("cheese", "web", "control"): EXPECTED["cheese", "cheese", "web", "control", "cleo"],
        ("club", "web", "control"): (2, 0, 0, 0, 0, 0, 1, 0.25 * 4.0, 0.0),
    }


def test_who_was_never_here_can_be_erased_and_who_was_erased_can_come_back(ledger: Ledger) -> None:
    assert ledger.erased(["zoe"]) == set()
    nothing = Erasure({"outcomes": 0, "answers": 0, "decisions": 0, "consents": 0}, (), overwritten=True)
    assert ledger.erase("zoe", AT) == ledger.erase("zoe", AT + DAY) == nothing
    assert enter(ledger, stranger(question(ledger, "zoe"))).given == (CHEESE,)
    assert [(one.offer_id, one.customer_id) for one in ledger.totals().customers] == [("cheese", "zoe")]
    assert ledger.erased(["zoe"]) == {"zoe"}
    assert ledger.erase("zoe", AT).removed["decisions"] == 1
    assert ledger.totals().customers == ()


def test_what_is_still_known_of_who_was_erased_is_not_recorded(ledger: Ledger) -> None:
    """A store is rewritten after the ledger, and elsewhere later still."""
    ledger.erase("zoe", AT)
    both = [giving(question(ledger, name), CHEESE) for name in ("ann", "zoe")]
    with pytest.raises(Erased, match="the customer was erased"):
        ledger.decide_many(both, {}, days=30)
    assert list(ledger.logged()) == []
    assert history_before(ledger) == History()
    made = ledger.decide_many([both[0], stranger(question(ledger, "zoe"))], {}, days=30)
    assert [one.known for one in made] == [True, False]


def test_the_limits_that_an_erased_customer_used_stay_used(ledger: Ledger) -> None:
    limits: LimitsById = {"cheese": Limits(per_day=1)}
    enter(ledger, giving(question(ledger, "ann"), CHEESE), limits)
    ledger.erase("ann", AT)
    assert history_before(ledger, customer_id="bob").used == {"cheese": 1}
