"""Every ledger holds its promises when sixteen write to it at once, each over connections of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Barrier
from typing import TypeVar

import pytest

from serving.decision.facts import History
from serving.decision.trace import Decision
from serving.ledger import Erased, Ledger, Limits, Occasion, open_ledger
from serving.ledger.database import Database
from tests.entries import (
    AT,
    DAY,
    SECRET,
    LimitsById,
    answer,
    enter,
    history_before,
    outcome,
    priced,
    question,
    within,
)

T = TypeVar("T")

MANY = 16
CHEESE = priced("cheese", reserved=2.0, cost=2.0)
WINE = priced("wine", reserved=1.0, cost=1.0)


@pytest.fixture
def ledgers(url: str) -> Iterator[list[Ledger]]:
    """Sixteen with connections of their own, as so many processes have them."""
    open_ledger(url, SECRET).close()
    with ExitStack() as opened:
        yield [opened.enter_context(closing(Ledger(Database(url), SECRET))) for _ in range(MANY)]


def at_once(ledgers: list[Ledger], work: Callable[[Ledger, int], T]) -> list[T]:
    """What each made of it, all of them let go at the same moment."""
    together = Barrier(len(ledgers))

    def begin(number: int) -> T:
        together.wait()
        return work(ledgers[number], number)

    with ThreadPoolExecutor(len(ledgers)) as threads:
        return list(threads.map(begin, range(len(ledgers))))


def given(made: list[Decision], offer_id: str) -> int:
    return sum(offer.offer_id == offer_id for one in made for offer in one.given)


def test_one_customer_is_decided_once(ledgers: list[Ledger]) -> None:
    limits: LimitsById = {"cheese": Limits(per_day=1)}

    def work(ledger: Ledger, _: int) -> Decision:
        return enter(ledger, within(question(ledger), limits, CHEESE), limits)

    made = at_once(ledgers, work)
    assert made == [made[0]] * MANY
    assert given(made[:1], "cheese") == 1
    assert len(list(ledgers[0].logged())) == 1
    found = history_before(ledgers[0])
    assert (len(found.contacts), found.used, found.spent) == (1, {"cheese": 1}, {"cheese": 2.0})


def test_one_customer_in_many_places_is_given_what_each_leaves(ledgers: list[Ledger]) -> None:
    """The history of each holds the contacts of all before it."""

    def work(ledger: Ledger, number: int) -> int:
        asked = question(ledger, placement=f"{number}")
        seen: list[int] = []

        def decide(history: History) -> Decision:
            seen.append(len(history.contacts))
            return answer(asked, CHEESE)

        enter(ledger, Occasion(asked, decide))
        return seen[-1]

    assert sorted(at_once(ledgers, work)) == list(range(MANY))


def test_a_limit_of_a_day_holds_exactly(ledgers: list[Ledger]) -> None:
    limits: LimitsById = {"cheese": Limits(per_day=5)}

    def work(ledger: Ledger, number: int) -> Decision:
        return enter(ledger, within(question(ledger, f"{number}"), limits, CHEESE, WINE), limits)

    made = at_once(ledgers, work)
    assert (given(made, "cheese"), given(made, "wine")) == (5, MANY)
    assert history_before(ledgers[0]).used == {"cheese": 5, "wine": MANY}


def test_a_budget_holds_exactly(ledgers: list[Ledger]) -> None:
    limits: LimitsById = {"cheese": Limits(budget=9.0)}

    def work(ledger: Ledger, number: int) -> Decision:
        return enter(ledger, within(question(ledger, f"{number}"), limits, CHEESE), limits)

    assert given(at_once(ledgers, work), "cheese") == 4
    assert history_before(ledgers[0]).spent == {"cheese": 8.0}


def test_chunks_and_single_decisions_wait_for_each_other_in_no_circle(ledgers: list[Ledger]) -> None:
    """Odd ones decide chunks of shared customers, even ones for one customer, half of them the other way round."""
    limits: LimitsById = {"cheese": Limits(per_day=20), "wine": Limits(budget=30.0)}
    offers = [CHEESE, WINE]

    def work(ledger: Ledger, number: int) -> list[Decision]:
        ids = [f"{(number * step) % 24}" for step in (5, 7, 11, 13)] if number % 2 else [f"{number}"]
        shown = offers if number % 4 < 2 else offers[::-1]
        chunk = [within(question(ledger, one), limits, *shown) for one in ids]
        return ledger.decide_many(chunk, limits, days=30)

    made = {one.decision_id: one for chunk in at_once(ledgers, work) for one in chunk}
    assert {one.decision.decision_id: one.decision for one in ledgers[0].logged()} == made
    assert given(list(made.values()), "cheese") == min(20, len(made))
    assert given(list(made.values()), "wine") == min(30, len(made))


def test_one_outcome_is_recorded_once_and_one_impression_counts(ledgers: list[Ledger]) -> None:
    decision_id = enter(ledgers[0], within(question(ledgers[0]), {}, CHEESE)).decision_id

    def work(ledger: Ledger, number: int) -> tuple[bool, bool]:
        same = ledger.record_outcome(outcome(decision_id, "redeem", "one key"))
        own = ledger.record_outcome(outcome(decision_id, "impression", f"{number}"))
        return same, own

    done = at_once(ledgers, work)
    assert sum(same for same, _ in done) == 1
    assert all(own for _, own in done)
    found = ledgers[0].decision(decision_id)
    assert found is not None
    assert (len(found.outcomes), found.impressions) == (1 + MANY, 1)


def test_whoever_is_erased_meanwhile_leaves_whole_counts(ledgers: list[Ledger]) -> None:
    """What is recorded before the first erasure is counted, and nothing is recorded after it."""

    def work(ledger: Ledger, number: int) -> tuple[int, int]:
        if number % 4 == 0:
            return 0, ledger.erase("ann", AT).removed["decisions"]
        try:
            enter(ledger, within(question(ledger, at=AT + number * DAY), {}, CHEESE))
        except Erased:
            return 0, 0
        return 1, 0

    recorded, removed = map(sum, zip(*at_once(ledgers, work), strict=True))
    found = ledgers[0].totals()
    assert recorded == removed == sum(one.counts.contacts for one in found.kept)
    assert found.customers == ()


def test_many_may_open_a_new_ledger_at_once(empty_url: str) -> None:
    together = Barrier(MANY)

    def work(number: int) -> str:
        together.wait()
        with closing(open_ledger(empty_url, SECRET)) as ledger:
            return enter(ledger, within(question(ledger, f"{number}"), {}, CHEESE)).customer_id

    with ThreadPoolExecutor(MANY) as threads:
        assert list(threads.map(work, range(MANY))) == [f"{number}" for number in range(MANY)]
    with closing(open_ledger(empty_url, SECRET)) as ledger:
        assert len(list(ledger.logged())) == MANY
