"""Tiny real models and a store, and a client of the service over them."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.bundles.model import load_model as load_bundles
from serving.churn.answers import Churn
from serving.churn.model import load_model
from serving.cross_sell.model import load_model as load_cross_sell
from serving.ledger import Ledger, open_ledger, read_secret
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.settings import Settings
from serving.telemetry import logs
from tests.entries import SECRET
from tests.fakes import MemoryStore
from tests.serving.bundles import tiny as baskets
from tests.serving.callers import HEADER, keyring
from tests.serving.cross_sell import tiny
from tests.serving.next_best_offer.tiny import NOON, full_store, rules_in
from tests.serving.places import Place, publish_full, settings_in
from tests.serving.standins import NoDisk
from tests.serving.tiny import INFO, RELEASED, ROWS, release_of, write_artifact


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that nobody changes."""
    return write_artifact(tmp_path_factory.mktemp("artifact") / "churn")


@pytest.fixture(scope="session")
def cross_sell_artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-sell model folder that nobody changes."""
    return tiny.write_artifact(tmp_path_factory.mktemp("artifact") / "cross_sell")


@pytest.fixture(scope="session")
def bundles_artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle model folder that nobody changes."""
    return baskets.write_artifact(tmp_path_factory.mktemp("artifact") / "bundles")


@pytest.fixture(scope="session")
def models(artifact: Path, cross_sell_artifact: Path, bundles_artifact: Path) -> Models:
    """All models of one release."""
    return Models(
        release_of(RELEASED, tiny.RELEASED, baskets.RELEASED),
        churn=(RELEASED, load_model(artifact)),
        cross_sell=(tiny.RELEASED, load_cross_sell(cross_sell_artifact)),
        bundles=(baskets.RELEASED, load_bundles(bundles_artifact)),
    )


@pytest.fixture
def churn(artifact: Path) -> Churn:
    return Churn(RELEASED, load_model(artifact), MemoryStore(INFO, ROWS))


@pytest.fixture
def served(models: Models) -> Served:
    return Served(models, MemoryStore(baskets.FULL_INFO, ROWS, tiny.candidates(), baskets.habits()))


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The log lines that were written since the test began."""
    stream = StringIO()
    handler = logs.write_to(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("serving").removeHandler(handler)


@pytest.fixture
def live(served: Served) -> Live:
    return Live(served)


@pytest.fixture
def client(live: Live) -> Iterator[TestClient]:
    app = create_app(live, keyring=keyring())
    with TestClient(app, raise_server_exceptions=False, headers=HEADER) as connected:
        yield connected


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty one."""
    with closing(open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", SECRET)) as opened:
        yield opened


@pytest.fixture(scope="session")
def counter() -> Iterator[tuple[Live, TestClient]]:
    """A service that decides at noon of one day, once for all tests: what it serves is put in by each."""
    live = Live()
    app = create_app(live, NoDisk(), keyring=keyring(), clock=lambda: NOON, budget_seconds=30)
    with TestClient(app, raise_server_exceptions=False, headers=HEADER) as connected:
        yield live, connected


@pytest.fixture
def deciding(counter: tuple[Live, TestClient], models: Models, ledger: Ledger, tmp_path: Path) -> Live:
    """Everything that a decision needs, over a store that knows all of its customers."""
    live, _ = counter
    live.served, live.fault = Served(models, full_store(), rules=rules_in(tmp_path)), None
    live.rulebook_fault = None
    live.ledger, live.ledger_fault = ledger, None
    return live


@pytest.fixture
def shop(counter: tuple[Live, TestClient], deciding: Live) -> TestClient:
    """A client of the service over `deciding`."""
    assert counter[0] is deciding
    return counter[1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a folder that holds all that a service or a batch needs."""
    chosen = settings_in(tmp_path)
    publish_full(chosen)
    return chosen


@pytest.fixture
def recorded(settings: Settings) -> Iterator[Ledger]:
    """The ledger of these settings."""
    with closing(open_ledger(settings.ledger, read_secret(settings.secret_file))) as opened:
        yield opened


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def serving(place: Place) -> Place:
    place.release("1")
    place.publish()
    assert place.served() == "1 f1"
    return place


@pytest.fixture
def decision_id(shop: TestClient) -> str:
    """Of an answer that gives two offers to customer 1."""
    answer = shop.get("/v1/customers/1/next-best-offer?channel=web&limit=2").json()
    assert [one["offer_id"] for one in answer["offers"]] == ["stay", "taste"]
    return str(answer["decision_id"])
