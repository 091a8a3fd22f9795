"""The running service: starts with nothing, picks up what appears, keeps what works, loses nobody."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from features.errors import InputError
from features.store import publish_sqlite
from serving.process.server import listen, serve
from serving.settings import Settings
from tests.serving.bundles import tiny as baskets
from tests.serving.cross_sell import tiny
from tests.serving.running import Process
from tests.serving.tiny import INFO, ROWS, offline_probability, release_into

CANARY = "canary-51c8"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A ready service that nobody changes."""
    folder = tmp_path_factory.mktemp("shared")
    baskets.release_into(folder / "release", "1")
    store = folder / "online.sqlite"
    publish_sqlite(store, baskets.FULL_INFO, ROWS, tiny.candidates(), baskets.habits())
    with Process(folder) as running:
        yield running


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Process]:
    with Process(tmp_path) as running:
        yield running


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[Process]:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    with Process(tmp_path) as running:
        yield running


def test_a_service_with_nothing_starts_and_picks_up_what_appears(service: Process, tmp_path: Path) -> None:
    assert service.client.get("/livez").status_code == 200
    refused = service.client.get("/readyz")
    assert refused.status_code == 503
    assert "Nothing is served yet" in refused.json()["detail"]
    told = service.client.get("/v1/release").json()["detail"]
    assert "python -m serving pull" in told
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    assert service.wait_for("serving")["models"] == {"churn": "1"}
    assert service.client.get("/readyz").status_code == 200


def test_the_score_over_a_socket_equals_the_offline_formula(shared: Process) -> None:
    for customer_id, in_population, row in ROWS:
        answer = shared.client.get(f"/v1/customers/{quote(customer_id, safe='')}/churn").json()
        expected = offline_probability(row) if in_population else None
        assert answer["customer_id"] == customer_id
        assert answer["probability"] == (expected and pytest.approx(expected, rel=0, abs=1e-12))


def test_offers_over_a_socket_equal_the_offline_formula(shared: Process) -> None:
    rows, parents = tiny.rows_of("1")
    answer = shared.client.get("/v1/customers/1/offers?limit=100").json()
    assert [offer["probability"] for offer in answer["offers"]] == pytest.approx(
        sorted(map(tiny.offline_probability, rows, parents), reverse=True), rel=0, abs=1e-12
    )


def test_bundles_over_a_socket_equal_the_offline_formula(shared: Process) -> None:
    for customer_id, own in (("1", baskets.own_shares("1")), ("stranger", None)):
        asked = {"basket": ["BREAD", baskets.ODD], "customer_id": customer_id, "limit": 50}
        answer = shared.client.post("/v1/bundles", json=asked).json()
        codes = [baskets.BREAD, baskets.CHEESE]
        items = [suggestion["item_id"] for suggestion in answer["suggestions"]]
        assert items == baskets.ranking(codes, own)
        assert [suggestion["probability"] for suggestion in answer["suggestions"]] == pytest.approx(
            [baskets.offline_probability(codes, baskets.IDS.index(item), own) for item in items], abs=1e-12
        )
    answer = shared.client.get(f"/v1/items/{quote(baskets.ODD, safe='')}/bundles").json()
    assert [suggestion["item_id"] for suggestion in answer["suggestions"]] == ["BEER"]


def test_an_address_that_cannot_be_listened_on_is_one_sentence() -> None:
    with pytest.raises(
        InputError, match=r"cannot listen on nosuch\.invalid .* give another --host or --port"
    ):
        listen("nosuch.invalid", 0)


def test_answers_leave_at_once() -> None:
    """Without this option each answer on a kept connection waits 40 ms for the caller's acknowledgement."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_malformed_ids_are_refused_over_a_socket(shared: Process) -> None:
    for malformed in ("a%00", "a%0Ab", "x" * 10_000, ""):
        assert shared.client.get(f"/v1/customers/{malformed}/churn").status_code == 422


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["told", "Ctrl-C"])
def test_an_end_that_was_wanted_is_no_failure(tmp_path: Path, number: signal.Signals, workers: int) -> None:
    with Process(tmp_path, SERVING_WORKERS=str(workers), SERVING_DRAIN_SECONDS="0") as running:
        for _ in range(workers - 1):
            running.wait_for("started")
        os.killpg(running.process.pid, number)
        assert running.process.wait(timeout=60) == 0
        assert all(json.loads(line)["event"] for line in running.stop().splitlines())


def test_a_newer_release_is_served_and_a_broken_one_is_not(ready: Process, tmp_path: Path) -> None:
    release_into(tmp_path / "release", "2")
    assert ready.wait_for("serving")["models"] == {"churn": "2"}
    folder = release_into(tmp_path / "release", "3")
    (folder / "churn" / "booster.txt").write_text("tree\n")
    assert "booster.txt" in ready.wait_for("refused")["reason"]
    assert ready.client.get("/readyz").status_code == 200
    served = ready.client.get("/v1/release").json()
    assert [model["version"] for model in served["models"]] == ["2"]
    assert "booster.txt" in served["fault"]


def test_an_endless_body_is_cut_and_others_go_on(shared: Process) -> None:
    endless = (b" " * 65_536 for _ in range(1000))
    refused = shared.client.post(
        "/v1/churn:batch", content=endless, headers={"content-type": "application/json"}
    )
    assert refused.status_code == 413
    assert shared.client.get("/livez").status_code == 200


def test_what_callers_send_is_in_no_line_of_the_process(ready: Process) -> None:
    ready.client.get(f"/v1/customers/{CANARY}/churn", headers={"authorization": CANARY})
    ready.client.post("/v1/churn:batch", json={"customer_ids": [CANARY], CANARY: 1})
    written = ready.stop()
    assert CANARY not in written + str(ready.lines)


def test_a_decision_and_its_end_are_the_same_for_every_worker(ready: Process, tmp_path: Path) -> None:
    path = "/v1/customers/1/next-best-offer?channel=web&placement=home"
    with Process(tmp_path) as other:
        require_the_same(ready, other, path)
    ready.wait_for("serving")
    assert ready.client.get("/v1/customers/1/churn").status_code == 404
    assert ready.client.get(path).json()["status"] == "unknown"


def require_the_same(ready: Process, other: Process, path: str) -> None:
    """Both give one answer, take one outcome, and either can erase."""
    first = ready.client.get(path).json()
    assert [one["offer_id"] for one in first["offers"]] == ["stay"]
    assert other.client.get(path).json() == first
    outcome = {"key": "k", "decision_id": first["decision_id"], "kind": "impression"}
    assert other.client.post("/v1/outcomes", json=outcome).json() == {"recorded": True}
    assert ready.client.post("/v1/outcomes", json=outcome).json() == {"recorded": False}
    assert ready.client.get(f"/v1/decisions/{first['decision_id']}").json()["impressions"] == 1
    assert other.client.delete("/v1/customers/1").json()["store"]["customers"] == 1


def test_a_catalogue_without_a_policy_is_refused_before_workers_are_started(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="catalogue and policy go together"):
        serve(Settings(port=0, workers=2, catalogue=tmp_path / "catalogue.toml"))
