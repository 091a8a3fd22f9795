"""The ledger's decisions as a file, by the command that a person types."""

from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from features.errors import InputError
from serving.__main__ import commands
from serving.ledger import open_ledger, read_secret
from tests.entries import AT, DAY, enter, giving, outcome, priced, question

CHEESE = priced("cheese", cost=0.5)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose ledger decided on 4, 5 and 6 March; a purchase followed the first two times."""
    monkeypatch.chdir(tmp_path)
    secret = read_secret(Path("workspace/secret"))
    with closing(open_ledger("sqlite:///workspace/ledger.sqlite", secret)) as ledger:
        made = [
            enter(ledger, giving(question(ledger, name, AT + n * DAY), CHEESE))
            for n, name in enumerate("abc")
        ]
        for decision in made[:2]:
            ledger.record_outcome(outcome(decision.decision_id, "purchase", value=10.0))
    return tmp_path


def exported(*arguments: str) -> dict[str, float]:
    """The rewards by customer."""
    done = CliRunner().invoke(
        commands, ["export", "--out", "log.parquet", *arguments], catch_exceptions=False
    )
    assert done.exit_code == 0
    rows = pq.read_table("log.parquet").to_pylist()
    assert f"{len(rows)} decisions are in log.parquet" in done.output
    return {row["customer_id"]: row["reward"] for row in rows}


def test_every_decision_is_written_with_what_it_brought() -> None:
    assert exported() == {"a": 0.25 * 10 - 0.5, "b": 0.25 * 10 - 0.5, "c": -0.5}


def test_those_from_a_day_on_may_be_left_out() -> None:
    """The youngest have had no time to bring anything."""
    assert exported("--until", "2026-03-06") == {"a": 2.0, "b": 2.0}
    assert exported("--until", "2026-03-04") == {}


def test_a_ledger_that_is_not_there_is_not_made(folder: Path) -> None:
    with pytest.raises(InputError, match=r"the ledger sqlite:///typo\.sqlite does not exist"):
        exported("--ledger", "sqlite:///typo.sqlite")
    assert {one.name for one in folder.iterdir()} == {"workspace"}
