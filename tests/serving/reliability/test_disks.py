"""A disk under the ledger that takes no writes: models answer on, nothing is promised, and it ends by itself."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from serving.ledger import open_ledger, read_secret
from serving.settings import Settings
from tests.entries import enter, giving, priced, question
from tests.serving.places import publish_full, settings_in, variables
from tests.serving.reliability.disks import (
    ClosedFolder,
    Disk,
    LimitedFiles,
    full_disk,
    read_only_disk,
)
from tests.serving.reliability.traffic import Promised, ask, require_kept
from tests.serving.reliability.workers import working
from tests.serving.running import Process, environment

MANY = 3000
"""Decisions that are more than any small disk takes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish_full(settings_in(tmp_path))
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[Disk], Process]]:
    """Starts a service whose ledger is on a disk."""
    with ExitStack() as started:
        yield lambda disk: started.enter_context(Process(folder, *disk.within, SERVING_LEDGER=url_on(folder)))


def url_on(folder: Path) -> str:
    return f"sqlite:///{folder}/disk/ledger.sqlite"


def locking(url: str) -> closing[sqlite3.Connection]:
    """A connection of somebody else."""
    return closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None))


def require_others_answer(service: Process, promised: Promised) -> None:
    """What needs no write is as ever; what needs one is refused or flagged, and comes back later."""
    assert service.client.get("/v1/customers/1/churn").status_code == 200
    assert service.client.get("/readyz").status_code == 200
    require_kept(service.client, promised)
    answer = ask(service.client, promised)
    assert (answer["degraded"], answer["answer"]) == (True, "no_offer")
    assert answer["fault"] == "the ledger cannot be used"
    decision_id = next(iter(promised.decisions))
    refused = [
        service.client.post("/v1/outcomes", json={"key": "k", "decision_id": decision_id, "kind": "accept"}),
        service.client.put("/v1/customers/1/consents", json={"channel": "email", "granted": True}),
        service.client.delete("/v1/customers/1"),
    ]
    assert [one.status_code for one in refused] == [503, 503, 503]
    assert all(int(one.headers["retry-after"]) > 0 for one in refused)


@pytest.mark.parametrize(
    "kind",
    [pytest.param(full_disk, id="no room"), pytest.param(LimitedFiles, id="limited", marks=pytest.mark.slow)],
)
def test_a_full_disk_takes_no_promise_back(
    folder: Path, start: Callable[[Disk], Process], kind: Callable[[Path], Disk]
) -> None:
    disk, promised = kind(folder / "disk"), Promised()
    service = start(disk)
    assert not ask(service.client, promised)["degraded"]
    disk.breaks(service.process.pid)
    answers = (ask(service.client, promised) for _ in range(MANY))  # the room in the journal is used up first
    assert any(answer["degraded"] for answer in answers)
    require_others_answer(service, promised)
    disk.mends(service.process.pid)
    assert not ask(service.client, promised)["degraded"]
    require_kept(service.client, promised)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(read_only_disk, id="read-only"),
        pytest.param(ClosedFolder, id="closed", marks=pytest.mark.slow),
    ],
)
def test_a_read_only_disk_is_read(
    folder: Path, start: Callable[[Disk], Process], kind: Callable[[Path], Disk]
) -> None:
    secret, promised = read_secret(settings_in(folder).secret_file), Promised()
    with closing(open_ledger(url_on(folder), secret)) as ledger:
        made = enter(ledger, giving(question(ledger, "ann"), priced("taste")))
    promised.keep(
        {
            "decision_id": made.decision_id,
            "offers": [{"offer_id": "taste"}],
            "customer_id": "ann",
            "decided_at": made.decided_at.isoformat().replace("+00:00", "Z"),
        }
    )
    disk = kind(folder / "disk")
    service = start(disk)
    require_others_answer(service, promised)
    command = [*disk.within, sys.executable, "-m", "serving", "audit", "--ledger", url_on(folder)]
    audited = subprocess.run(
        command,
        env=environment() | variables(settings_in(folder)),
        check=True,
        capture_output=True,
        text=True,
    )
    assert audited.stdout.startswith("1 decisions: 1 whole")
    disk.mends(service.process.pid)
    assert not ask(service.client, promised)["degraded"]
    require_kept(service.client, promised)


def test_a_locked_ledger_promises_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with working(settings, budget_seconds=0.5) as worker, locking(settings.ledger) as holder:
        decided = worker.decided("before")
        outcome = {"key": "k", "decision_id": decided["decision_id"], "kind": "accept"}
        with monkeypatch.context() as hurried:
            hurried.setattr("serving.ledger.engines.WAIT_SECONDS", 0.1)
            holder.execute("BEGIN IMMEDIATE")
            late = worker.offer(placement="meanwhile")
            assert (late["degraded"], late["fault"]) == (True, "no answer within the budget")
            refused = worker.client.post("/v1/outcomes", json=outcome)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert worker.churn() == 200
            assert worker.decided("before") == decided
            holder.execute("ROLLBACK")
        assert worker.client.post("/v1/outcomes", json=outcome).json() == {"recorded": True}
        assert worker.decided("meanwhile")["status"] == "known"
