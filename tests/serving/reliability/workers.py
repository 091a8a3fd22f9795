"""A worker of the service in this process, over what lies in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from serving.app import create_app
from serving.live.live import Live
from serving.live.watch import Watch
from serving.settings import Settings
from tests.serving.callers import HEADER, keyring


class Worker:
    """Asks the one worker, and lets it look at the disk."""

    def __init__(self, client: TestClient, watch: Watch) -> None:
        self.client = client
        self.refresh = watch.refresh

    def churn(self, customer_id: str = "1") -> int:
        """The status of the call."""
        return self.client.get(f"/v1/customers/{customer_id}/churn").status_code

    def offer(self, customer_id: str = "1", placement: str = "top") -> dict[str, Any]:
        """The next best offer on the web, which is an answer in any case."""
        path = f"/v1/customers/{customer_id}/next-best-offer?channel=web&placement={placement}"
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def offers(self, *customer_ids: str, placement: str = "top") -> list[dict[str, Any]]:
        """The same of many, in one call."""
        body = {"customer_ids": customer_ids, "channel": "web", "placement": placement}
        response = self.client.post("/v1/next-best-offer:batch", json=body)
        assert response.status_code == 200, response.text
        results: list[dict[str, Any]] = response.json()["results"]
        return results

    def decided(self, placement: str) -> dict[str, Any]:
        """The same about customer 1, asked again while a busy machine takes longer than the budget."""
        return next(answer for _ in range(100) if not (answer := self.offer("1", placement))["degraded"])


@contextmanager
def working(settings: Settings, budget_seconds: float = 30) -> Iterator[Worker]:
    """One that has looked at the disk once."""
    live = Live()
    watch = Watch(live, settings)
    watch.refresh()
    app = create_app(live, watch, keyring=keyring(), budget_seconds=budget_seconds)
    with TestClient(app, headers=HEADER) as client:
        yield Worker(client, watch)
