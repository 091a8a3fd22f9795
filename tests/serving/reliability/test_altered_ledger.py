"""A decision of the ledger that somebody changed is the fault of that one alone."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from serving.__main__ import commands
from serving.ledger import sqlite_file
from serving.settings import Settings
from tests.serving.places import variables
from tests.serving.reliability.workers import Worker, working

FAULT = "the data cannot be read"
OF_ANOTHER = b"the trace of another decision"


@pytest.fixture
def worker(settings: Settings) -> Iterator[Worker]:
    with working(settings) as one:
        yield one


def change(settings: Settings, decision_id: str, trace: bytes | str | None) -> None:
    """Put something else in the place of what was recorded."""
    file = sqlite_file(settings.ledger)
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE decisions SET trace = ? WHERE decision_id = ?", (trace, decision_id))


def trace_of(settings: Settings, answer: dict[str, Any]) -> bytes:
    """What is recorded of it."""
    file = sqlite_file(settings.ledger)
    assert file is not None
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT trace FROM decisions WHERE decision_id = ?"
        trace: bytes = connection.execute(query, (answer["decision_id"],)).fetchone()[0]
    return trace


@pytest.mark.parametrize("trace", [b"", b"x\x9c\x03\x00", "text", zlib.compress(b"{}"), OF_ANOTHER], ids=str)
def test_all_others_are_answered_and_exported(
    settings: Settings, worker: Worker, tmp_path: Path, trace: bytes | str
) -> None:
    hit, other = worker.offer("1"), worker.offer("01")
    change(settings, hit["decision_id"], trace_of(settings, other) if trace is OF_ANOTHER else trace)
    assert worker.offer("1")["fault"] == FAULT
    assert worker.offer("01") == other
    first, second, third = worker.offers("01", "1", "gone")
    assert (first, second["fault"], third["degraded"]) == (other, FAULT, False)
    assert worker.client.get(f"/v1/decisions/{hit['decision_id']}").status_code == 503
    assert worker.client.get(f"/v1/decisions/{other['decision_id']}").status_code == 200
    arguments = ["export", "--out", str(tmp_path / "log.parquet")]
    exported = CliRunner(env=variables(settings)).invoke(commands, arguments, catch_exceptions=False)
    assert exported.exit_code == 0
    assert (
        "1 cannot be read and are left out: python -m serving audit names what was changed" in exported.stdout
    )
    rows = pq.read_table(tmp_path / "log.parquet").to_pylist()
    assert {row["customer_id"] for row in rows} == {"01", "gone"}


def test_a_campaign_leaves_out_whose_decision_it_cannot_read(
    settings: Settings, worker: Worker, tmp_path: Path
) -> None:
    hit = worker.offer("1")
    change(settings, hit["decision_id"], b"")
    arguments = ["batch", "--channel", "web", "--placement", "top", "--out", str(tmp_path / "log.parquet")]
    made = CliRunner(env=variables(settings)).invoke(commands, arguments, catch_exceptions=False)
    assert made.exit_code == 0
    told = (
        f"left out for data that cannot be read: 1; the first: decision {hit['decision_id']} cannot be read"
    )
    assert told in made.stderr
    customers = {row["customer_id"] for row in pq.read_table(tmp_path / "log.parquet").to_pylist()}
    assert "01" in customers
    assert "1" not in customers
