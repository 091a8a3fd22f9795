"""A bad release never goes live: the old one serves, readiness stays, one line and one count say why."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.live.live import Live
from serving.live.watch import Watch
from serving.pull.forever import Pulling
from serving.pull.once import pull
from serving.pull.registry import Registry
from serving.release import live_folder
from serving.settings import Settings
from tests.serving.callers import HEADER, keyring
from tests.serving.damage import change_a_byte, truncate
from tests.serving.measured import growth
from tests.serving.places import publish_full
from tests.serving.releases import Change, go_live
from tests.serving.tiny import NAMES, write_artifact

LogLines = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True)
class Service:
    """A service over release 1, which looks for another one when it is told to."""

    client: TestClient
    watch: Watch


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    live = Live()
    watch = Watch(live, settings)
    watch.refresh()
    with TestClient(create_app(live, watch, keyring=keyring()), headers=HEADER) as client:
        yield Service(client, watch)


def require_release_1(service: Service) -> dict[str, Any]:
    """Release 1 answers, however often it is looked for another one; gives what the service says of itself."""
    for _ in range(3):
        service.watch.refresh()
    assert service.client.get("/readyz").json() == {"status": "ready"}
    answer = service.client.get("/v1/customers/1/churn").json()
    assert answer["model"]["release"] == "1"
    told: dict[str, Any] = service.client.get("/v1/release").json()
    assert told["version"] == "1"
    return told


@pytest.mark.parametrize("damage", [truncate, change_a_byte])
def test_a_damaged_model_is_refused(
    service: Service, settings: Settings, log_lines: LogLines, damage: Callable[[Path], None]
) -> None:
    publish_full(settings)  # the same again
    damage(live_folder(settings.release))
    require_refused_once(service, log_lines, "booster.txt")


def test_a_model_with_its_features_in_another_order_is_refused(
    service: Service, settings: Settings, log_lines: LogLines
) -> None:
    def turn_around(files: dict[str, Any]) -> None:
        files["model.json"]["features"] = NAMES[::-1]
        files["features.json"].reverse()

    release_2(settings, turn_around)
    require_refused_once(service, log_lines, "in another order")


def test_a_model_that_scores_no_number_is_refused(
    service: Service, settings: Settings, log_lines: LogLines
) -> None:
    def no_number(files: dict[str, Any]) -> None:
        files["booster.txt"] = files["booster.txt"].replace("leaf_value=", "leaf_value=nan ", 1)

    release_2(settings, no_number)
    require_refused_once(service, log_lines, "a leaf without a number")


def test_a_release_whose_rules_the_store_does_not_know_is_refused(
    service: Service, settings: Settings, log_lines: LogLines
) -> None:
    def odd_rule(files: dict[str, Any]) -> None:
        files["catalogue.toml"] = files["catalogue.toml"].replace("churn_band", "churn_bnad")

    release_2(settings, lambda _: None, odd_rule)
    require_refused_once(service, log_lines, 'did you mean "churn_band"')
    assert service.client.get("/v1/release").json()["rulebook"].startswith("p1-c1-")


def release_2(settings: Settings, of_churn: Change, of_release: Change = lambda _: None) -> None:
    """Make a release of this churn model alone live, as somebody else's pull might."""
    staged = settings.release / ".staged"
    write_artifact(staged / "churn", of_churn)
    go_live(settings.release, staged, "2", of_release)


def require_refused_once(service: Service, log_lines: LogLines, sentence: str) -> None:
    refused = growth("nbo_faults_total", event="refused")
    told = require_release_1(service)
    (line,) = [line for line in log_lines() if line["event"] == "refused"]
    assert sentence in line["reason"]
    assert told["fault"] == line["reason"]
    assert refused() == 1


@contextmanager
def hanging() -> Iterator[int]:
    """A port that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def hold() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        thread = Thread(target=hold, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in held:
            one.close()


@contextmanager
def down() -> Iterator[int]:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    yield port


@pytest.mark.parametrize("registry", [down, hanging])
def test_a_registry_that_does_not_answer_changes_nothing(
    service: Service,
    settings: Settings,
    log_lines: LogLines,
    monkeypatch: pytest.MonkeyPatch,
    registry: Callable[[], Any],
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = sorted(settings.release.rglob("*"))
    with registry() as port:
        asked = Registry(f"http://127.0.0.1:{port}")
        pulling = Pulling(partial(pull, asked, "champion", settings.release))
        for _ in range(2):
            pulling.once()
    (line,) = [line for line in log_lines() if line["event"] == "pull-failed"]
    assert (line["kind"], line["level"]) == ("registry", "error")
    assert sorted(settings.release.rglob("*")) == before
    assert require_release_1(service)["fault"] is None
