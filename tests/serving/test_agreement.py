"""Over HTTP, one by one and in batches, and in a replay, the same customers get the same decisions."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from features.store import CandidateRows, LifeCycle, Segments, StoredCandidates, StoredProfile, publish_sqlite
from serving.app import create_app
from serving.decision.trace import Decision
from serving.ledger import open_ledger, read_secret
from serving.live.live import Live
from serving.live.watch import Watch
from serving.next_best_offer.asking import Asking
from serving.offline.batch import batch, write
from serving.offline.replay import replay
from serving.settings import Settings
from tests.serving.bundles.tiny import release_into
from tests.serving.callers import HEADER, keyring
from tests.serving.cross_sell import tiny as offered
from tests.serving.places import settings_in, with_rules_in
from tests.serving.rules import POLICY
from tests.serving.tiny import INFO

CUSTOMERS = 1000
AS_OF = INFO.as_of
NOON = AS_OF + timedelta(hours=12)
WEB = Asking("web", "web")
IDS = sorted(f"c/{number}" for number in range(CUSTOMERS))
SALTED = POLICY.replace("share = 0.0, salt", "share = 0.05, salt").replace(
    "exploration = { share = 0.0 }", "exploration = { share = 0.1, max_loss = 0.5 }"
)


def publish(path: Path) -> None:
    """A made-up store: every customer other features, candidates and segments, some values unknown."""
    random = np.random.default_rng(17)
    features = np.abs(random.normal(size=(CUSTOMERS, 4))) * [30, 8, 100, 2]
    features[random.random(features.shape) < 0.1] = np.nan
    rows = [(one, bool(random.random() < 0.9), features[place]) for place, one in enumerate(IDS)]
    pairs = offered.random_rows(CUSTOMERS * 7).reshape(CUSTOMERS, 7, -1)

    def candidates(place: int) -> StoredCandidates:
        items = random.permutation(7)[: random.integers(0, 8)].astype(np.int32)
        because = np.full(len(items), -1, dtype=np.int32)
        mine = pairs[place, : len(items), : len(offered.PAIR)]
        return StoredCandidates(items, because, mine, pairs[place, 0, -1:], "")

    def profile() -> StoredProfile:
        stages: tuple[LifeCycle | None, ...] = (None, "new", "growing", "steady", "lost")
        stage = stages[random.integers(len(stages))]
        return StoredProfile(Segments(3, 3, 3, stage, "low"), np.empty(0, dtype=np.int32))

    info = replace(offered.INFO, customers=CUSTOMERS)
    publish_sqlite(
        path,
        replace(INFO, customers=CUSTOMERS, candidates=info),
        rows,
        CandidateRows(
            offered.ITEMS, [(one, candidates(place)) for place, one in enumerate(IDS)], offered.POPULAR
        ),
        profiles=[(one, profile()) for one in IDS],
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("agreement")
    chosen = with_rules_in(folder, settings_in(folder), policy=SALTED)
    release_into(chosen.release, "1")
    publish(chosen.store)
    return chosen


@pytest.fixture(scope="module")
def rows(settings: Settings) -> list[dict[str, Any]]:
    """What a replay decides."""
    out = settings.store.with_name("replay.parquet")
    with replay(settings, WEB, AS_OF, None) as decided:
        write(decided, out, lambda *_: None)
    read: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return read


def over_http(settings: Settings, name: str) -> tuple[Settings, TestClient]:
    """A service with an empty ledger of its own, at the noon after the snapshot."""
    chosen = settings.model_copy(update={"ledger": f"sqlite:///{settings.store.with_name(name)}"})
    live = Live()
    Watch(live, chosen).refresh()
    assert live.faults is None
    app = create_app(live, keyring=keyring(), clock=lambda: NOON, budget_seconds=30)
    return chosen, TestClient(app, headers=HEADER)


def recorded(settings: Settings) -> Iterator[Decision]:
    with closing(open_ledger(settings.ledger, read_secret(settings.secret_file))) as ledger:
        yield from (logged.decision for logged in ledger.logged())


def test_a_batch_and_a_replay_agree(settings: Settings, rows: list[dict[str, Any]]) -> None:
    out = settings.store.with_name("batch.parquet")
    with batch(settings, WEB, None, NOON) as decided:
        write(decided, out, lambda *_: None)
    assert pq.read_table(out).to_pylist() == rows
    assert [row["customer_id"] for row in rows] == IDS
    given = {row["offer_id"] for row in rows}
    assert given == {"stay", "taste", "thanks", None}
    assert {row["reason"] for row in rows} >= {"offer", "control_group"}
    assert any(row["explored"] for row in rows)
    assert sum(row["offer_id"] == "thanks" for row in rows) == 2


@pytest.mark.parametrize(("way", "customers"), [("one by one", 100), ("batch", CUSTOMERS)])
def test_http_and_a_replay_agree(
    settings: Settings, rows: list[dict[str, Any]], way: str, customers: int
) -> None:
    chosen, client = over_http(settings, f"{way}.sqlite")
    ids, rows = IDS[:customers], rows[:customers]
    with client:
        if way == "batch":
            asked = {"customer_ids": ids, "channel": "web"}
            answers = client.post("/v1/next-best-offer:batch", json=asked).json()["results"]
        else:
            paths = [f"/v1/customers/{quote(one, safe='')}/next-best-offer?channel=web" for one in ids]
            answers = [client.get(path).json() for path in paths]
    assert [one["decision_id"] for one in answers] == [row["decision_id"] for row in rows]
    for answer, row in zip(answers, rows, strict=True):
        first = answer["offers"][0] if answer["offers"] else {"offer_id": None, "item": None, "priority": 0.0}
        assert {name: first[name] for name in ("offer_id", "item", "priority")} == {
            name: row[name] for name in ("offer_id", "item", "priority")
        }
        names = ("customer_id", "group", "explored", "reason", "selection_probability", "rulebook")
        assert [answer[name] for name in names] == [row[name] for name in names]
    traces = {decision.decision_id: decision for decision in recorded(chosen)}
    for row in rows:
        priced = traces[row["decision_id"]].priced
        assert [(one.offer_id, one.priority, one.selection_probability) for one in priced] == [
            (one["offer_id"], one["priority"], one["selection_probability"]) for one in row["actions"]
        ]
