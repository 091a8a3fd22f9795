"""Who waits at the same time shares a transaction, and nobody's lateness or fault is anybody else's."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from serving.decision.facts import Question
from serving.decision.trace import Decision
from serving.ledger import LedgerError, Occasion, TooLate
from serving.next_best_offer.deciding import CHUNK
from serving.next_best_offer.together import Together
from serving.telemetry import tracing
from serving.telemetry.timing import Stage
from serving.telemetry.tracing import Trace
from serving.threads import Threads
from tests.entries import AT, answer
from tests.serving.standins import Clock

FAR = 3600.0
Settling = Together[Occasion, Decision]


class Record:
    """Settles when it is let, and remembers who came together."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.groups: list[list[str]] = []
        self.began = threading.Event()
        self.let = threading.Event()
        self._fault = fault

    def settle(self, occasions: Sequence[Occasion], deadline: float) -> list[Decision]:
        self.groups.append([one.question.customer_id for one in occasions])
        self.began.set()
        self.let.wait(30)
        with Stage("recording"):
            pass
        if self._fault is not None:
            raise self._fault
        if time.monotonic() > deadline:
            raise TooLate("too late")
        return [answer(one.question) for one in occasions]


def occasion(customer_id: str) -> Occasion:
    question = Question(customer_id, customer_id, "web", "web", AT)
    return Occasion(question, lambda _: answer(question))


@pytest.fixture
def threads() -> Iterator[Threads]:
    some = Threads(4, "test")
    yield some
    some.close()


async def asked(
    together: Settling, record: Record, ids: Sequence[str], seconds: Sequence[float]
) -> list[str | BaseException]:
    """Ask for the first, and for the others while it is being recorded."""

    async def ask(customer_id: str, left: float) -> str:
        deadline = time.monotonic() + left
        return (await together.answer(record.settle, occasion(customer_id), deadline)).customer_id

    first = asyncio.create_task(ask(ids[0], seconds[0]))
    await asyncio.to_thread(record.began.wait)
    others = [asyncio.create_task(ask(*one)) for one in zip(ids[1:], seconds[1:], strict=True)]
    await asyncio.sleep(0.05)
    record.let.set()
    return list(await asyncio.gather(first, *others, return_exceptions=True))


def test_what_is_recorded_together_is_in_the_trace_of_each(threads: Threads) -> None:
    traces = {name: Trace("") for name in ("first", "second", "third")}

    async def ask(together: Settling, record: Record, name: str) -> None:
        tracing.share([traces[name]])
        await together.answer(record.settle, occasion(name), time.monotonic() + FAR)

    async def all_of_them() -> None:
        together, record = Settling(threads), Record()
        first = asyncio.create_task(ask(together, record, "first"))
        await asyncio.to_thread(record.began.wait)
        others = [asyncio.create_task(ask(together, record, name)) for name in ("second", "third")]
        await asyncio.sleep(0)
        record.let.set()
        await asyncio.gather(first, *others)
        assert record.groups == [["first"], ["second", "third"]]

    asyncio.run(all_of_them())
    assert [[name for name, *_ in trace.stages] for trace in traces.values()] == [["recording"]] * 3


def test_who_waits_shares_the_next_transaction(threads: Threads) -> None:
    record, ids = Record(), [str(number) for number in range(CHUNK + 4)]
    assert asyncio.run(asked(Settling(threads), record, ids, [FAR] * len(ids))) == ids
    assert record.groups == [ids[:1], ids[1 : CHUNK + 1], ids[CHUNK + 1 :]]


def test_who_is_too_late_is_left_out_and_the_others_go_on(threads: Threads) -> None:
    record = Record()
    found = asyncio.run(asked(Settling(threads), record, ["a", "late", "b"], [FAR, 0.001, FAR]))
    assert (found[0], type(found[1]), found[2]) == ("a", TimeoutError, "b")
    assert record.groups == [["a"], ["b"]]


class Slow(Record):
    """Is not done before the first deadline has passed."""

    def settle(self, occasions: Sequence[Occasion], deadline: float) -> list[Decision]:
        if not self.let.is_set():
            time.sleep(max(0.0, deadline - time.monotonic()) + 0.001)
            self.let.set()
        return super().settle(occasions, deadline)


def test_who_loses_by_the_deadline_of_another_has_another_turn(threads: Threads) -> None:
    record, together = Slow(), Settling(threads)

    async def ask() -> list[Decision | BaseException]:
        now = time.monotonic()
        hurried = together.answer(record.settle, occasion("hurried"), now + 0.5)
        patient = together.answer(record.settle, occasion("patient"), now + FAR)
        return list(await asyncio.gather(hurried, patient, return_exceptions=True))

    hurried, patient = asyncio.run(ask())
    assert isinstance(hurried, TooLate)
    assert isinstance(patient, Decision)
    assert patient.customer_id == "patient"
    assert record.groups == [["hurried", "patient"], ["patient"]]


def test_a_fault_reaches_everybody_who_shares_it_and_nobody_else(threads: Threads) -> None:
    together = Settling(threads)
    found = asyncio.run(asked(together, Record(LedgerError("gone")), ["a", "b", "c"], [FAR] * 3))
    assert [str(one) for one in found] == ["gone"] * 3
    assert asyncio.run(asked(together, Record(), ["a", "b"], [FAR] * 2)) == ["a", "b"]


class Picky(Record):
    """Fails whenever one customer is among them."""

    def settle(self, occasions: Sequence[Occasion], deadline: float) -> list[Decision]:
        settled = super().settle(occasions, deadline)
        if any(one.question.customer_id == "bad" for one in occasions):
            raise TypeError("bad")
        return settled


def test_who_fails_alone_spoils_nobody_else(threads: Threads) -> None:
    record = Picky()
    found = asyncio.run(asked(Settling(threads), record, ["a", "b", "bad", "c"], [FAR] * 4))
    assert (found[:2], type(found[2]), found[3]) == (["a", "b"], TypeError, "c")
    assert record.groups == [["a"], ["b", "bad", "c"], ["b"], ["bad"], ["c"]]


def test_others_of_another_set_have_a_transaction_of_their_own(threads: Threads) -> None:
    together, one, other = Settling(threads), Record(), Record()
    one.let.set()
    other.let.set()

    async def ask() -> list[str]:
        deadline = time.monotonic() + FAR
        asking = [
            together.answer(record.settle, occasion(str(number)), deadline)
            for number, record in enumerate([one, one, other, one])
        ]
        return [decision.customer_id for decision in await asyncio.gather(*asking)]

    assert asyncio.run(ask()) == ["0", "1", "2", "3"]
    assert (one.groups, other.groups) == ([["0", "1"], ["3"]], [["2"]])


def test_who_gives_up_is_not_recorded(threads: Threads) -> None:
    record, together = Record(), Settling(threads)

    async def ask() -> str:
        deadline = time.monotonic() + FAR
        first = asyncio.create_task(together.answer(record.settle, occasion("a"), deadline))
        await asyncio.to_thread(record.began.wait)
        gone = asyncio.create_task(together.answer(record.settle, occasion("gone"), deadline))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        record.let.set()
        return (await first).customer_id

    assert asyncio.run(ask()) == "a"
    assert record.groups == [["a"]]


class Paced(Record):
    """Takes so many seconds for each, when it is let."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def settle(self, occasions: Sequence[Occasion], deadline: float) -> list[Decision]:
        settled = super().settle(occasions, time.monotonic() + FAR)
        self._clock.now += self._seconds * len(occasions)
        return settled


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("serving.next_best_offer.together.time", found)
    return found


async def all_at_once(together: Settling, record: Record, deadlines: dict[str, float]) -> dict[str, bool]:
    """Who is answered."""
    asking = [together.answer(record.settle, occasion(name), until) for name, until in deadlines.items()]
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(one) for one in found} <= {Decision, TimeoutError}
    return {name: isinstance(one, Decision) for name, one in zip(deadlines, found, strict=True)}


def test_no_more_share_a_transaction_than_the_first_of_them_has_time_for(
    threads: Threads, clock: Clock
) -> None:
    record, together = Paced(clock, 10), Settling(threads)
    record.let.set()

    async def ask() -> list[dict[str, bool]]:
        first = await all_at_once(together, record, {"a": 60})
        return [first, await all_at_once(together, record, {"b": 35, "c": 90, "d": 90, "e": 90})]

    assert asyncio.run(ask()) == [{"a": True}, {"b": True, "c": True, "d": True, "e": True}]
    assert record.groups == [["a"], ["b", "c"], ["d", "e"]]


def test_who_has_less_time_left_than_others_took_takes_none_of_it(threads: Threads, clock: Clock) -> None:
    record, together = Paced(clock, 40), Settling(threads)

    async def ask() -> dict[str, bool]:
        first = asyncio.create_task(all_at_once(together, record, {"a": 99}))
        await asyncio.to_thread(record.began.wait)
        others = asyncio.create_task(all_at_once(together, record, {"hurried": 60, "b": 95}))
        await asyncio.sleep(0.05)
        record.let.set()
        return await first | await others

    assert asyncio.run(ask()) == {"a": True, "hurried": False, "b": True}
    assert record.groups == [["a"], ["b"]]


def test_one_that_took_long_is_no_reason_to_give_up_those_after_it(threads: Threads, clock: Clock) -> None:
    record, together = Paced(clock, 40), Settling(threads)
    record.let.set()

    async def ask() -> list[dict[str, bool]]:
        first = await all_at_once(together, record, {"a": 99})
        return [first, await all_at_once(together, record, {"b": 70})]

    assert asyncio.run(ask()) == [{"a": True}, {"b": True}]


class Thing:
    """A question that can be watched; a real one holds models and a store."""


@pytest.mark.parametrize("fault", [LedgerError("broken"), TooLate("too late"), TimeoutError()], ids=repr)
def test_who_was_told_a_fault_is_let_go_of_without_a_search_for_garbage(fault: Exception) -> None:
    one_thread = Threads(1, "one")

    def step(_: Sequence[Thing], deadline: float) -> list[None]:
        assert deadline < time.monotonic() + FAR
        raise type(fault)(*fault.args)

    async def held_after(together: Together[Thing, None]) -> weakref.ref[Thing]:
        thing = Thing()
        held = weakref.ref(thing)
        with suppress(LedgerError, TimeoutError):
            await together.answer(step, thing, time.monotonic() + 0.2)
        return held

    async def ask() -> None:
        held = await held_after(Together[Thing, None](one_thread))
        await one_thread.run(lambda: None)  # whose turn comes after all that the thread had to do before
        assert held() is None

    gc.disable()
    try:
        asyncio.run(ask())
    finally:
        gc.enable()
        one_thread.close()
