"""A store that is older than allowed: said in every answer, and not ready only where that is wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from serving.app import create_app
from serving.ledger import Ledger
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from tests.serving.callers import HEADER, keyring
from tests.serving.next_best_offer.tiny import full_store, rules_in
from tests.serving.problems import problem
from tests.serving.standins import NoDisk

WEB = {"customer_id": "1", "channel": "web"}
BOTH = {"customer_ids": ["1", "stranger"]}


@pytest.fixture
def old(models: Models, ledger: Ledger, tmp_path: Path) -> Live:
    """A store of 2017 that may be a day old."""
    live = Live(Served(models, full_store(), timedelta(days=1), rules_in(tmp_path)))
    live.ledger = ledger
    return live


@contextmanager
def serving(live: Live, *, ready_when_stale: bool = True) -> Iterator[TestClient]:
    app = create_app(live, NoDisk(), keyring=keyring(), ready_when_stale=ready_when_stale, budget_seconds=30)
    with TestClient(app, headers=HEADER) as client:
        yield client


def answers(client: TestClient) -> Iterator[dict[str, Any]]:
    """Every answer that rests on the store, those of batches one by one."""
    for path in ("churn", "offers", "next-best-offer?channel=web"):
        yield client.get(f"/v1/customers/1/{path}").json()
    yield client.get("/v1/customers/1").json()
    yield client.get("/v1/customers/stranger/offers").json()
    yield client.get("/v1/items/BREAD/bundles").json()
    yield client.get("/v1/release").json()
    yield client.post("/v1/bundles", json={"basket": ["BREAD"], "customer_id": "1"}).json()
    yield client.post("/v1/next-best-offer", json={**WEB, "basket": ["BREAD"]}).json()
    yield from client.post("/v1/next-best-offer:batch", json={**BOTH, "channel": "web"}).json()["results"]
    yield from client.post("/v1/churn:batch", json={"customer_ids": ["1"]}).json()["results"]


def gauges(client: TestClient) -> dict[str, float]:
    """What /metrics says of the state of the service."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {family.name: family.samples[0].value for family in families if family.type == "gauge"}


def test_stale_data_answers_and_every_answer_says_so(old: Live) -> None:
    with serving(old) as client:
        told = list(answers(client))
        assert [one["stale"] for one in told] == [True] * 12
        assert client.get("/readyz").json() == {"status": "ready"}
        assert (gauges(client)["nbo_stale"], gauges(client)["nbo_ready"]) == (1, 1)


def test_without_a_ledger_the_flagged_default_says_so_too(old: Live) -> None:
    old.ledger = None
    with serving(old) as client:
        told = client.get("/v1/customers/1/next-best-offer?channel=web").json()
        assert (told["degraded"], told["stale"]) == (True, True)


def test_where_no_answer_is_better_than_an_old_one_the_service_is_not_ready(old: Live) -> None:
    with serving(old, ready_when_stale=False) as client:
        refused = problem(client.get("/readyz"), 503, "not-ready")
        assert "publish newer data" in refused["detail"]
        assert (gauges(client)["nbo_stale"], gauges(client)["nbo_ready"]) == (1, 0)
        assert client.get("/v1/customers/1/churn").status_code == 200


def test_data_within_its_age_is_not_stale(models: Models) -> None:
    with serving(Live(Served(models, full_store(), timedelta(days=36_500)))) as client:
        assert client.get("/v1/customers/1/churn").json()["stale"] is False
        assert (gauges(client)["nbo_stale"], gauges(client)["nbo_ready"]) == (0, 1)
        assert gauges(client)["nbo_data_as_of_seconds"] == 1_512_345_600
