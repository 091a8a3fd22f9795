"""What a ledger says of a database that it cannot use, and what survives the worst."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from serving.ledger import Ledger, LedgerError, TooLate, open_ledger
from serving.ledger.database import Database
from tests.entries import AT, SECRET, enter, giving, history_before, outcome, priced, question

CHEESE = priced("cheese", cost=1.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{path}", SECRET)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "ledger.sqlite",
            r"'ledger\.sqlite' is no address of a database: write sqlite:///FILE or postgresql://",
        ),
        ("mysql://ann:pw@host/db", r"mysql://ann:\*\*\*@host/db is neither SQLite nor PostgreSQL"),
        ("sqlite://", "a ledger in memory forgets: write sqlite:///FILE"),
        ("sqlite:///:memory:", "a ledger in memory forgets: write sqlite:///FILE"),
        (
            "postgresql+nothing://host/db",
            "needs a driver that is not installed: install the extra `postgres`",
        ),
        ("postgresql://ann:pw@127.0.0.1:1/db", r"ann:\*\*\*@127\.0\.0\.1:1/db cannot be used \(connection"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(LedgerError, match=sentence):
        open_ledger(url, SECRET)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_text("customer_id,offer_id\n" * 100)
    with pytest.raises(LedgerError, match=r"cannot be used \(file is not a database\): look at the database"):
        open_ledger(f"sqlite:///{path}", SECRET)


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"cannot be used \(unable to open database file\)"):
        open_ledger(f"sqlite:///{tmp_path}", SECRET)
    with pytest.raises(LedgerError, match=r"the folder .*/file of the ledger cannot be made \(File exists\)"):
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.sqlite", SECRET)


def test_a_file_that_may_only_be_read_answers_questions_and_takes_nothing(ledger: Ledger, path: Path) -> None:
    made = enter(ledger, giving(question(ledger), CHEESE))
    reader = open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true", SECRET)
    with pytest.raises(LedgerError, match="may only be read: give this user the right to write the file and"):
        enter(reader, giving(question(ledger, "bob"), CHEESE))
    with pytest.raises(LedgerError, match="may only be read"):
        reader.record_outcome(outcome(made.decision_id, "accept"))
    assert [one.decision for one in reader.logged()] == [made]
    reader.close()


def test_a_locked_file_gives_up_at_the_deadline_and_is_still_read(ledger: Ledger, path: Path) -> None:
    made = enter(ledger, giving(question(ledger), CHEESE))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    other = giving(question(ledger, "bob"), CHEESE)
    with pytest.raises(TooLate, match="not ready before the deadline: nothing was recorded"):
        ledger.decide_many([other], {}, days=30, deadline=time.monotonic() + 0.05)
    assert ledger.decision(made.decision_id) is not None
    assert ledger.recorded([made.decision_id]) == {made.decision_id: made}
    holder.execute("ROLLBACK")
    holder.close()
    assert enter(ledger, other).customer_id == "bob"


def test_a_file_that_stays_locked_is_said_so(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.ledger.engines.WAIT_SECONDS", 0.05)
    made = enter(ledger, giving(question(ledger), CHEESE))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="is locked by somebody else: end what holds it, then try again"):
        ledger.record_outcome(outcome(made.decision_id, "accept"))
    holder.close()


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    command = [sys.executable, "-m", "tests.serving.ledger.writer", f"sqlite:///{path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = {writer.stdout.readline().strip() for _ in range(40)}
        writer.send_signal(signal.SIGKILL)
        acknowledged |= {line.strip() for line in writer.stdout if line.endswith("\n")}
    ledger = open_ledger(f"sqlite:///{path}", SECRET)
    logged = [one.decision for one in ledger.logged()]
    assert acknowledged <= {one.decision_id for one in logged}
    assert len(logged) - len(acknowledged) in {0, 1}
    found = history_before(ledger)
    assert (found.used, found.spent) == ({"cheese": len(logged)}, {"cheese": float(len(logged))})
    ledger.close()


def test_nothing_of_who_was_erased_stays_legible_in_the_file(ledger: Ledger, path: Path) -> None:
    name = "erika.mustermann@example.org"
    enter(ledger, giving(question(ledger, name), CHEESE))
    enter(ledger, giving(question(ledger, "bob"), CHEESE))
    files = [path, path.with_name(path.name + "-wal")]
    assert any(name.encode() in file.read_bytes() for file in files)
    ledger.erase(name, AT)
    assert not any(name.encode() in file.read_bytes() for file in files)
    assert any(b"bob" in file.read_bytes() for file in files)


def test_who_reads_meanwhile_keeps_it_legible_until_the_next_start(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.ledger.ledger._PATIENCE", 0.05)
    enter(ledger, giving(question(ledger, "erika.mustermann"), CHEESE))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM decisions").fetchone() == (1,)
    assert not ledger.erase("erika.mustermann", AT).overwritten
    journal = path.with_name(path.name + "-wal")
    assert b"erika.mustermann" in journal.read_bytes()
    reader.close()
    open_ledger(f"sqlite:///{path}", SECRET).close()
    assert not any(b"erika.mustermann" in file.read_bytes() for file in (path, journal))


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_that_is_gone_takes_nothing_more(
    ledger: Ledger,
    path: Path,
    replaced: bool,  # noqa: FBT001 - a table of cases
) -> None:
    enter(ledger, giving(question(ledger), CHEESE))
    for file in path.parent.iterdir():
        file.rename(path.parent.with_name(file.name))
    if replaced:
        open_ledger(f"sqlite:///{path}", SECRET).close()
    with pytest.raises(LedgerError, match="was deleted or replaced while it was open: stop whoever uses it"):
        enter(ledger, giving(question(ledger, "bob"), CHEESE))
    with closing(open_ledger(f"sqlite:///{path}", SECRET)) as again:
        assert list(again.logged()) == []
        assert enter(again, giving(question(ledger, "bob"), CHEESE)).customer_id == "bob"


def test_who_only_reads_makes_no_ledger(path: Path) -> None:
    with pytest.raises(LedgerError, match=r"ledger\.sqlite does not exist: look at the path"):
        open_ledger(f"sqlite:///{path}", SECRET, reading=True)
    assert not path.exists()
    open_ledger(f"sqlite:///{path}", SECRET).close()
    open_ledger(f"sqlite:///{path}", SECRET, reading=True).close()


def test_every_commit_waits_for_the_disk(ledger: Ledger, path: Path) -> None:
    enter(ledger, giving(question(ledger), CHEESE))
    with closing(Database(f"sqlite:///{path}")) as database, database.writing() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_one_process_may_open_many_ledgers_at_once(tmp_path: Path) -> None:
    together = Barrier(16)

    def customers(number: int) -> list[str]:
        together.wait()
        with closing(open_ledger(f"sqlite:///{tmp_path}/{number}.sqlite", SECRET)) as opened:
            enter(opened, giving(question(opened, f"{number}"), CHEESE))
            return [one.decision.customer_id for one in opened.logged()]

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(customers, range(16))) == [[f"{number}"] for number in range(16)]
