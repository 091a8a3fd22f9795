"""The audit of a ledger, by the command that a person types."""

import csv
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from serving.__main__ import commands
from serving.ledger import open_ledger, read_secret
from tests.entries import AT, DAY, enter, giving, priced, question

CHEESE = priced("cheese", cost=0.5)
NAMES = [f"customer {number}" for number in range(23)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose ledger gave cheese to 23, the last of them a day later and wine as well."""
    monkeypatch.chdir(tmp_path)
    secret = read_secret(Path("workspace/secret"))
    with closing(open_ledger("sqlite:///workspace/ledger.sqlite", secret)) as ledger:
        for name in NAMES[:-1]:
            enter(ledger, giving(question(ledger, name), CHEESE, asked_by="shop"))
        last = question(ledger, NAMES[-1], AT + DAY)
        enter(ledger, giving(last, CHEESE, priced("wine"), asked_by="batch"))
    return tmp_path


def audited(*arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines."""
    done = CliRunner().invoke(commands, ["audit", *arguments])
    return done.exit_code, done.output.splitlines()


def by_hand(statement: str) -> None:
    engine = create_engine("sqlite:///workspace/ledger.sqlite")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_ledger_that_nobody_touched_is_whole() -> None:
    whole = "23 decisions: 23 whole, 0 unsealed (from before there were seals), 0 changed"
    assert audited() == (0, [whole])
    assert audited("--since", "2026-03-05")[1][0].startswith("1 decisions: 1 whole")
    assert audited("--since", "2026-03-06")[1][0].startswith("0 decisions")


def test_changed_decisions_are_listed_up_to_twenty() -> None:
    by_hand("UPDATE decisions SET margin = 1 WHERE customer_id <> 'customer 0'")
    code, lines = audited()
    assert code == 1
    assert lines[0] == "23 decisions: 1 whole, 0 unsealed (from before there were seals), 22 changed"
    assert len(lines) == 1 + 20
    assert all(line.startswith("changed: ") and len(line.split()[1]) == 32 for line in lines[1:])


def test_removed_decisions_are_missed_in_the_whole_ledger() -> None:
    by_hand(
        "DELETE FROM answers WHERE offer_id = 'wine' OR decision_id IN (SELECT min(decision_id) FROM answers)"
    )
    code, lines = audited()
    assert code == 1
    assert "offer wine: counted 1 times more than decisions tell of" in lines
    assert audited("--since", "2026-03-06")[0] == 0


def test_answers_without_their_decision_are_listed() -> None:
    by_hand("DELETE FROM decisions WHERE customer_id <> 'customer 0'")
    code, lines = audited()
    assert code == 1
    assert sum(line.startswith("answers without their decision: ") for line in lines) == 20
    assert audited("--since", "2026-03-06")[0] == 0


def test_an_id_in_bytes_is_named_and_ends() -> None:
    by_hand("UPDATE decisions SET decision_id = CAST('f1' AS BLOB) WHERE customer_id = 'customer 0'")
    code, lines = audited("--out", "audit.csv")
    assert (code, lines[1]) == (1, "changed: f1")
    assert lines[2].startswith("answers without their decision: ")


def test_the_table_for_an_auditor_names_nobody() -> None:
    by_hand("UPDATE decisions SET trace = 'nonsense' WHERE customer_id = 'customer 0'")
    assert audited("--out", "deep/audit.csv")[0] == 1
    assert "customer 1" not in Path("deep/audit.csv").read_text()
    with Path("deep/audit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["customer"] for row in rows}) == 23
    (changed,) = (row for row in rows if row["state"] == "changed")
    assert (changed["asked_by"], changed["offer"], changed["release"]) == ("shop", "", "")
    first, second = (row for row in rows if row["asked_by"] == "batch")
    assert [first["offer"], second["offer"]] == ["cheese", "wine"]
    assert first["customer"] == second["customer"]
    assert first["decided_at"] == "2026-03-05T09:30:00.123456+00:00"
    assert (first["priority"], first["release"]) == ("1.0", "churn=3")
    assert first["factors"].startswith("probability=0.0 context=0.0 accept=0.0 ")
    assert first["factors"].endswith(" discount=0.0 cost=0.5")
    assert [one.name for one in Path("deep").iterdir()] == ["audit.csv"]


def test_a_table_that_cannot_be_written_is_said(folder: Path) -> None:
    (folder / "file").touch()
    done = CliRunner().invoke(commands, ["audit", "--out", "file/audit.csv"])
    assert "the table file/audit.csv cannot be written (File exists): name another place" in str(
        done.exception
    )


def test_a_ledger_that_is_not_there_is_not_made(folder: Path) -> None:
    done = CliRunner().invoke(commands, ["audit", "--ledger", "sqlite:///typo.sqlite"])
    assert "the ledger sqlite:///typo.sqlite does not exist" in str(done.exception)
    assert {one.name for one in folder.iterdir()} == {"workspace"}
