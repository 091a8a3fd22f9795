"""What a worker serves and whether it takes calls, as /metrics and /readyz say it."""

import asyncio
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.problems import WHY
from serving.runtime import Runtime
from serving.telemetry.metrics import FOLDER, MEDIA_TYPE
from serving.vitals import Vitals
from tests.fakes import MemoryStore
from tests.serving.measured import value
from tests.serving.next_best_offer.tiny import full_store
from tests.serving.tiny import INFO, ROWS

ALL = {"release": "7", "churn": "3", "cross_sell": "2", "bundles": "4", "rulebook": ""}


def test_metrics_are_text_of_prometheus_and_say_what_answers(client: TestClient) -> None:
    answer = client.get("/metrics", headers={"authorization": ""})
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "# TYPE nbo_request_seconds histogram" in answer.text
    assert value("nbo_release_info", **ALL) == 1
    assert value("nbo_data_as_of_seconds") == INFO.as_of.timestamp()


def test_nothing_served_is_not_ready_and_of_no_release() -> None:
    Vitals(Live(), Runtime()).show()
    assert [value(f"nbo_{name}") for name in ("ready", "stale", "data_as_of_seconds")] == [0, 0, 0]
    assert Vitals(Live(fault="pull one"), Runtime()).not_ready == f"Nothing is served yet. {WHY}"


def test_of_two_releases_the_newer_is_shown(models: Models) -> None:
    live = Live(Served(models, full_store()))
    vitals = Vitals(live, Runtime())
    vitals.show()
    without_cross_sell = {**ALL, "cross_sell": ""}
    live.served = Served(models, MemoryStore(INFO, ROWS))
    vitals.show()
    assert (value("nbo_release_info", **ALL), value("nbo_release_info", **without_cross_sell)) == (0, 1)
    live.served = None
    vitals.show()
    assert value("nbo_release_info", **without_cross_sell) == 0


def test_what_is_broken_is_shown_until_it_is_mended(models: Models) -> None:
    live = Live(Served(models, full_store()), "a newer one is broken")
    vitals = Vitals(live, Runtime())
    live.ledger_fault = "locked"
    vitals.show()
    assert [value("nbo_broken", part=part) for part in ("release", "rules", "ledger")] == [1, 0, 1]
    assert (value("nbo_ready"), vitals.not_ready) == (1, None)
    live.fault, live.ledger_fault, live.rulebook_fault = None, None, "no such feature"
    vitals.show()
    assert [value("nbo_broken", part=part) for part in ("release", "rules", "ledger")] == [0, 1, 0]


def test_a_worker_shows_itself_before_it_is_asked_where_there_are_others(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    vitals = Vitals(Live(), Runtime())
    asyncio.run(vitals.forever())  # Alone, it has nothing to do.
    monkeypatch.setenv(FOLDER, "elsewhere")
    Vitals(Live(Served(models, full_store())), Runtime()).show()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(vitals.forever(), 0.01))
    assert value("nbo_ready") == 0


def test_a_service_that_stops_or_would_answer_from_stale_data_is_not_ready(models: Models) -> None:
    runtime = Runtime(ready_when_stale=False)
    runtime.draining = True
    stopping = Vitals(Live(Served(models, full_store())), runtime)
    assert stopping.not_ready == "The service was told to stop."
    old = Vitals(Live(Served(models, full_store(), timedelta(days=1))), Runtime(ready_when_stale=False))
    assert "publish newer data" in str(old.not_ready)
