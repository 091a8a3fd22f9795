"""Who was erased stays so: in every worker, after a restart, in a new store and under new models."""

from collections.abc import Iterator

import pytest

from features.store import SqliteStore
from serving.settings import Settings
from tests.serving.bundles.tiny import release_into
from tests.serving.places import publish_store
from tests.serving.reliability.workers import Worker, working

GONE = "1"


@pytest.fixture
def pair(settings: Settings) -> Iterator[tuple[Worker, Worker]]:
    """Two workers over one folder."""
    with working(settings) as first, working(settings) as second:
        yield first, second


def require_unknown(worker: Worker, placement: str) -> None:
    """As somebody nobody has ever heard of, and nobody else is."""
    found = [
        worker.client.get(f"/v1/customers/{GONE}{call}").status_code for call in ("", "/churn", "/offers")
    ]
    assert found == [404, 404, 200]
    assert worker.offer(GONE, placement)["status"] == "unknown"
    assert worker.churn("01") == 200


def test_an_erasure_outlives_stores_models_workers_and_restarts(
    settings: Settings, pair: tuple[Worker, Worker]
) -> None:
    first, second = pair
    decided = first.offer(GONE)
    told = first.client.delete(f"/v1/customers/{GONE}").json()
    assert [(one["name"], one["version"], one["release"]) for one in told["models"]] == [
        ("churn", "1", "1"),
        ("cross_sell", "1", "1"),
        ("bundles", "1", "1"),
    ]
    late = second.offer(GONE, "in a worker that has not looked yet")
    assert (late["degraded"], late["fault"]) == (True, "the customer was erased")
    for worker in pair:
        worker.refresh()
        require_unknown(worker, "after the erasure")
        assert worker.client.get(f"/v1/decisions/{decided['decision_id']}").status_code == 404

    publish_store(settings)
    assert GONE in set(SqliteStore(settings.store).ids())
    for worker in pair:
        worker.refresh()
        require_unknown(worker, "after a publish")
    assert GONE not in set(SqliteStore(settings.store).ids())

    release_into(settings.release, "2")
    publish_store(settings)
    for worker in pair:
        worker.refresh()
        require_unknown(worker, "after a release")
    again = second.client.delete(f"/v1/customers/{GONE}").json()
    assert {one["release"] for one in again["models"]} == {"2"}

    publish_store(settings)
    with working(settings) as restarted:
        require_unknown(restarted, "after a restart")
