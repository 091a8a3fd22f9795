"""A store that is gone, damaged, locked or slow: who can be answered is, the rest is flagged until it ends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from features.store import SqliteStore, StoredCustomer
from serving.settings import Settings
from tests.serving.places import publish_store
from tests.serving.reliability.workers import Worker, working
from tests.serving.standins import Clock


@pytest.fixture
def worker(settings: Settings) -> Iterator[Worker]:
    with working(settings) as one:
        yield one


def is_flagged(answer: dict[str, object], fault: str) -> bool:
    """No offer, nothing recorded, and the reason in general words."""
    told = answer["degraded"], answer["answer"], answer["decision_id"], answer["fault"]
    return told == (True, "no_offer", None, fault)


def test_a_store_that_is_gone_answers_on_until_the_next_one(settings: Settings, worker: Worker) -> None:
    settings.store.unlink()
    worker.refresh()
    assert worker.churn() == 200
    assert not worker.offer()["degraded"]
    assert worker.client.get("/readyz").status_code == 200
    with working(settings) as started:  # nobody is here for who starts now
        calls = "churn", "next-best-offer?channel=web"
        refused = [started.client.get(f"/v1/customers/1/{call}") for call in calls]
        assert [(one.status_code, one.headers["retry-after"]) for one in refused] == [(503, "5")] * 2
        publish_store(settings)
        started.refresh()
        assert started.churn() == 200
        assert not started.offer()["degraded"]
    worker.refresh()
    assert not worker.offer(placement="foot")["degraded"]


def test_a_flipped_bit_is_one_customers_fault(settings: Settings, worker: Worker) -> None:
    """Everything of 01 but the features is read when somebody asks, out of a page that nobody has read before."""
    content = settings.store.read_bytes()
    place = content.index(b'"growing"')
    with settings.store.open("r+b") as file:
        file.seek(place + 1)
        file.write(bytes([content[place + 1] ^ 1]))
    for _ in range(2):
        assert is_flagged(worker.offer("01"), "the data cannot be read")
        assert not worker.offer("1")["degraded"]
        first, hit, last = worker.offers("1", "01", "gone")
        assert is_flagged(hit, "the data cannot be read")
        assert (first["degraded"], last["degraded"]) == (False, False)
        assert (worker.churn("1"), worker.churn("01")) == (200, 200)
        worker.refresh()
    publish_store(settings)
    worker.refresh()
    assert not worker.offer("01")["degraded"]


def test_a_store_damaged_all_over_does_not_replace_a_whole_one(settings: Settings, worker: Worker) -> None:
    whole = settings.store.read_bytes()
    settings.store.unlink()
    settings.store.write_bytes(whole[:1000] + bytes(byte ^ 1 for byte in whole[1000:]))
    worker.refresh()
    assert worker.churn() == 200
    assert not worker.offer()["degraded"]
    publish_store(settings)
    worker.refresh()
    assert not worker.offer(placement="foot")["degraded"]


def test_nobody_can_lock_a_store(settings: Settings, worker: Worker) -> None:
    with closing(sqlite3.connect(settings.store, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert worker.churn() == 200
        assert not worker.offer()["degraded"]
        publish_store(settings)
        worker.refresh()
        assert not worker.offer(placement="foot")["degraded"]


def test_a_store_that_takes_longer_than_the_budget_makes_a_flagged_default(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, read = Clock(), SqliteStore.get

    def slowly(store: SqliteStore, customer_id: str) -> StoredCustomer | None:
        clock.now += 31  # the budget is 30
        return read(store, customer_id)

    with monkeypatch.context() as slow:
        for module in ("desk", "together"):
            slow.setattr(f"serving.next_best_offer.{module}.time", clock)
        slow.setattr(SqliteStore, "get", slowly)
        assert is_flagged(worker.offer(), "no answer within the budget")
    answer = worker.offer()
    assert not answer["degraded"]
    assert worker.client.get(f"/v1/decisions/{answer['decision_id']}").json()["impressions"] == 0
