"""What the desk does when it has no time or no ledger: a flagged default, and nothing counted."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from features.store import StoreError
from serving.decision.decide import decide
from serving.decision.facts import Question
from serving.decision.trace import Decision
from serving.ledger import Erased, Ledger, LedgerError, Occasion
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.next_best_offer import deciding as deciding_module
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.deciding import CHUNK
from serving.next_best_offer.desk import Desk
from serving.next_best_offer.schemas import NextBestOfferAnswer
from serving.runtime import Runtime
from tests.serving.measured import growth
from tests.serving.next_best_offer.tiny import NOON, full_store, rules_in
from tests.serving.standins import BrokenStore

LogLines = Callable[[], list[dict[str, Any]]]
WEB = Asking("web", "web")
KEY = "k3y1d"


class Held:
    """A call that goes on when it is let."""

    def __init__(self, call: Callable[..., list[Decision]]) -> None:
        self._call = call
        self.let = threading.Event()
        self.finished = threading.Event()

    def __call__(self, *args: object, **kwargs: object) -> list[Decision]:
        self.let.wait(30)
        try:
            return self._call(*args, **kwargs)
        finally:
            self.finished.set()


@contextmanager
def desk_over(live: Live, budget_seconds: float = 30) -> Iterator[Desk]:
    runtime = Runtime(lambda: NOON)
    yield Desk(live, runtime, budget_seconds)
    runtime.close()


def answer(live: Live, customer_id: str = "1", budget_seconds: float = 30) -> NextBestOfferAnswer:
    with desk_over(live, budget_seconds) as desk:
        return asyncio.run(desk.answer(customer_id, WEB, KEY))


def assert_flagged(found: NextBestOfferAnswer, fault: str) -> None:
    assert (found.degraded, found.answer, found.offers, found.decision_id) == (True, "no_offer", [], None)
    assert (found.reason, found.group, found.selection_probability) == ("degraded", None, None)
    assert (found.fault, found.status) == (fault, None)
    assert found.why == f"Nothing was decided: {fault}."
    assert found.release == {"release": "7", "churn": "3", "cross_sell": "2", "bundles": "4"}
    assert found.decided_at == NOON


def test_answers_are_counted_by_their_first_offer_and_their_stages_are_timed(deciding: Live) -> None:
    stages = ("facts", "waiting", "deciding", "recording", "wording")
    timed = [growth("nbo_stage_seconds_count", stage=stage) for stage in stages]
    given = growth("nbo_answers_total", offer="stay", reason="offer")
    for _ in range(2):  # A repeat is an answer as well; nothing is decided or recorded for it.
        assert answer(deciding).offers[0].offer_id == "stay"
    assert given() == 2
    assert [grown() for grown in timed] == [2, 2, 1, 1, 2]


def test_what_is_missing_is_counted_by_its_kind(deciding: Live, models: Models, tmp_path: Path) -> None:
    late, ledger, data = (growth("nbo_degraded_total", reason=one) for one in ("late", "ledger", "data"))
    assert answer(deciding, budget_seconds=0).degraded
    deciding.served = Served(models, BrokenStore(StoreError("x")), rules=rules_in(tmp_path))
    assert answer(deciding).degraded
    deciding.ledger = None
    assert answer(deciding).degraded
    assert (late(), ledger(), data()) == (1, 1, 1)


def test_past_the_budget_the_answer_is_a_flagged_default_and_nothing_is_counted(
    deciding: Live, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(ledger.decide_many)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "decide_many", held)
        assert_flagged(answer(deciding, budget_seconds=0.5), "no answer within the budget")
        held.let.set()
        assert held.finished.wait(30)
    assert ledger.history("1", NOON, 7).contacts == ()
    assert not answer(deciding).degraded
    assert len(ledger.history("1", NOON, 7).contacts) == 1


def test_a_locked_ledger_makes_a_flagged_default_but_of_what_is_recorded(
    deciding: Live, ledger: Ledger, tmp_path: Path
) -> None:
    before = answer(deciding, "01")
    holder = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert_flagged(answer(deciding, budget_seconds=0.1), "no answer within the budget")
    assert answer(deciding, "01") == before
    holder.execute("ROLLBACK")
    holder.close()
    assert ledger.history("1", NOON, 7).contacts == ()
    assert not answer(deciding).degraded


def test_what_is_recorded_does_not_queue_behind_what_has_to_be_made(
    deciding: Live, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, held = answer(deciding, "01"), Held(ledger.decide_many)
    monkeypatch.setattr(ledger, "decide_many", held)

    async def ask(desk: Desk) -> bool:
        new = asyncio.create_task(desk.answer("1", WEB, KEY))
        assert await desk.answer("01", WEB, KEY) == before
        assert await desk.answers(["01"], WEB, KEY) == [before]
        waited = not new.done()
        held.let.set()
        return waited and not (await new).degraded

    with desk_over(deciding) as desk:
        assert asyncio.run(ask(desk))


def test_without_a_ledger_only_the_log_says_why(deciding: Live, log_lines: LogLines) -> None:
    deciding.ledger, deciding.ledger_fault = None, "the ledger belongs to another secret"
    assert_flagged(answer(deciding), "the ledger cannot be used")
    assert [(line["event"], line["reason"]) for line in log_lines()] == [
        ("degraded", "the ledger belongs to another secret")
    ]


def test_a_store_that_breaks_makes_a_flagged_default_without_the_customer_in_the_log(
    deciding: Live, models: Models, log_lines: LogLines, tmp_path: Path
) -> None:
    broken = BrokenStore(StoreError("publish it again"))
    deciding.served = Served(models, broken, rules=rules_in(tmp_path))
    assert_flagged(answer(deciding, "canary"), "the data cannot be read")
    assert "canary" not in str(log_lines())


def test_a_batch_does_not_ask_a_broken_ledger_again_and_again(
    deciding: Live, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def refuse(*_: object, **__: object) -> None:
        nonlocal asked
        asked += 1
        raise LedgerError("the ledger is gone")

    monkeypatch.setattr(ledger, "decide_many", refuse)
    ids = [str(number) for number in range(3 * CHUNK + 1)]
    with desk_over(deciding) as desk:
        found = asyncio.run(desk.answers(ids, WEB, KEY))
    assert [one.customer_id for one in found] == ids
    for one in found:
        assert_flagged(one, "the ledger cannot be used")
    assert asked == 1


def test_a_batch_does_not_ask_a_broken_store_for_everybody(
    deciding: Live, models: Models, log_lines: LogLines, tmp_path: Path
) -> None:
    """One of which nothing can be read; of one that can, each row is for itself."""
    broken = BrokenStore(StoreError("publish it again"))
    deciding.served = Served(models, broken, rules=rules_in(tmp_path))
    with desk_over(deciding) as desk:
        found = asyncio.run(desk.answers([str(number) for number in range(3 * CHUNK + 1)], WEB, KEY))
    assert len(found) == 3 * CHUNK + 1
    for one in found:
        assert_flagged(one, "the data cannot be read")
    assert [line["event"] for line in log_lines()] == ["degraded"]


def test_who_is_erased_meanwhile_is_not_decided_on_and_the_others_are(
    deciding: Live, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = ledger.decide_many

    def refuse(occasions: Sequence[Occasion], *args: Any, **kwargs: Any) -> list[Decision]:  # noqa: ANN401 - passed on
        if any(one.question.customer_id == "1" for one in occasions):
            raise Erased
        return decide(occasions, *args, **kwargs)

    monkeypatch.setattr(ledger, "decide_many", refuse)
    assert_flagged(answer(deciding, "1"), "the customer was erased")
    with desk_over(deciding) as desk:
        together = asyncio.run(desk.answers(["01", "1", "gone", *map(str, range(10, 10 + CHUNK))], WEB, KEY))
    assert [one.customer_id for one in together if one.degraded] == ["1"]


def test_a_fault_of_one_decision_of_a_batch_is_flagged_and_spoils_no_other(
    deciding: Live, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    failed = growth("nbo_degraded_total", reason="failed")

    def decide_most(question: Question, *known: Any) -> Decision:  # noqa: ANN401 - passed on
        if question.customer_id == "canary":
            raise KeyError(question.customer_id)
        return decide(question, *known)

    monkeypatch.setattr(deciding_module, "decide", decide_most)
    with desk_over(deciding) as desk:
        first, canary, last = asyncio.run(desk.answers(["1", "canary", "01"], WEB, KEY))
        assert_flagged(canary, "the decision failed")
        assert [asyncio.run(desk.answer(one, WEB, KEY)) for one in ("1", "01")] == [first, last]
    [line] = log_lines()
    assert (line["event"], line["reason"], line["kind"]) == ("degraded", "the decision failed", "KeyError")
    assert "decide_most" in line["places"][-1]
    assert "canary" not in str(line)
    assert failed() == 1


def test_a_batch_is_each_one_alone(deciding: Live) -> None:
    ids = ["1", "stranger", "01", "gone", "1", "returns", *map(str, range(CHUNK))]
    with desk_over(deciding) as desk:
        together = asyncio.run(desk.answers(ids, WEB, KEY))
        assert [asyncio.run(desk.answer(one, WEB, KEY)) for one in ids] == together


def test_a_swap_is_seen_by_the_next_question(deciding: Live, models: Models, tmp_path: Path) -> None:
    with desk_over(deciding) as desk:
        assert asyncio.run(desk.answer("1", WEB, KEY)).release["churn"] == "3"
        assert models.churn is not None
        alone = Models(models.release, churn=models.churn)
        bare = Served(alone, full_store(), rules=rules_in(tmp_path))
        deciding.served = bare
        answer = asyncio.run(desk.answer("01", WEB, KEY))
    assert [one.offer_id for one in answer.offers] == ["thanks"]


def test_words_that_cannot_be_read_do_not_spoil_a_decision(
    deciding: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("publish it again")

    assert deciding.served is not None
    monkeypatch.setattr(deciding.served.offers, "reasons", refuse)
    (offer,) = answer(deciding, "stranger").offers
    assert (offer.offer_id, offer.words) == ("taste", [])
