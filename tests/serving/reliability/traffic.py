"""Callers who ask for decisions and say what became of them, and remember what they were promised."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from threading import Condition, Event
from typing import Any

import httpx2

from tests.serving.callers import HEADER

CALLERS = 4


class Promised:
    """What a service has acknowledged: answers by decision id, and the decision of each outcome by its key."""

    def __init__(self) -> None:
        self.decisions: dict[str, dict[str, Any]] = {}
        self.outcomes: dict[str, str] = {}
        self._numbers = count()
        self._grown = Condition()

    def new_customer(self) -> str:
        """Somebody nobody has asked about."""
        return f"customer {next(self._numbers)}"

    def keep(self, answer: dict[str, Any]) -> None:
        """A decision that has been answered."""
        with self._grown:
            self.decisions[answer["decision_id"]] = answer
            self._grown.notify_all()

    def wait_for(self, decisions: int) -> None:
        """Until so many decisions have been answered in all."""
        with self._grown:
            assert self._grown.wait_for(lambda: len(self.decisions) >= decisions, timeout=60)


def ask(client: httpx2.Client, promised: Promised) -> dict[str, Any]:
    """Ask about somebody new and say that they saw it; the answer, which may be degraded."""
    customer_id = promised.new_customer()
    answer: dict[str, Any] = client.get(f"/v1/customers/{customer_id}/next-best-offer?channel=web").json()
    if answer["degraded"]:
        return answer
    promised.keep(answer)
    outcome = {"key": f"seen by {customer_id}", "decision_id": answer["decision_id"], "kind": "impression"}
    if client.post("/v1/outcomes", json=outcome).status_code == httpx2.codes.OK:
        promised.outcomes[outcome["key"]] = outcome["decision_id"]
    return answer


@contextmanager
def asking(address: str, promised: Promised) -> Iterator[None]:
    """Four callers who go on until nobody answers any more, or the block ends."""
    ended = Event()

    def call() -> None:
        with httpx2.Client(base_url=address, timeout=30, headers=HEADER) as client:
            while not ended.is_set():
                try:
                    ask(client, promised)
                except httpx2.TransportError:
                    return

    with ThreadPoolExecutor(CALLERS) as callers:
        calls: list[Future[None]] = [callers.submit(call) for _ in range(CALLERS)]
        try:
            yield
        finally:
            ended.set()
    for one in calls:
        one.result()


def require_kept(client: httpx2.Client, promised: Promised) -> None:
    """Every decision is there as it was answered, and every outcome once."""
    for decision_id, answer in promised.decisions.items():
        found = client.get(f"/v1/decisions/{decision_id}").json()
        assert found["given"] == [offer["offer_id"] for offer in answer["offers"]]
        assert (found["customer_id"], found["decided_at"]) == (answer["customer_id"], answer["decided_at"])
        keys = [outcome["key"] for outcome in found["outcomes"]]
        told = [key for key, of in promised.outcomes.items() if of == decision_id]
        assert keys == told or (not told and keys == [f"seen by {answer['customer_id']}"])
