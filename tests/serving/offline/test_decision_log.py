"""Decisions leave the service in documented columns, whole or not at all."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from serving.decision.facts import Question
from serving.offline import decision_log as module
from serving.offline.decision_log import ACTION, COLUMNS, decision_log
from tests import entries
from tests.entries import answer, priced

CHEESE = priced(
    "cheese", "cross_sell", reserved=0.1, probability=0.3, accept=0.36, value=4.0, discount=0.5, cost=0.01
)._replace(item="CHEESE", priority=1.25, selection_probability=0.9)
STAY = priced("stay", "retention", reserved=5.0, churn=0.6, stake=40.0, discount=5.0, cost=0.2)._replace(
    priority=0.75, selection_probability=0.04
)
NOTHING = entries.NOTHING._replace(selection_probability=0.06)
DECISION = replace(
    answer(Question("d1", "DE/4711", "web", "home", datetime(2026, 5, 4, 9, 30, tzinfo=UTC)), CHEESE),
    selection_probability=0.9,
    priced=(CHEESE, STAY, NOTHING),
    release={"cross_sell": "2", "churn": "3"},
)


def test_a_decision_is_one_row_with_every_action(tmp_path: Path) -> None:
    with decision_log(tmp_path / "log.parquet") as log:
        log.write(DECISION, 3.5)
        log.write_all(
            [replace(DECISION, decision_id="d2", given=(), reason="control_group", group="control")]
        )
    first, second = pq.read_table(tmp_path / "log.parquet").to_pylist()
    actions = first.pop("actions")
    assert first == {
        "decision_id": "d1",
        "customer_id": "DE/4711",
        "channel": "web",
        "placement": "home",
        "decided_at": DECISION.decided_at,
        "as_of": datetime(2026, 5, 4, tzinfo=UTC),
        "known": True,
        "group": "treated",
        "explored": False,
        "reason": "offer",
        "offer_id": "cheese",
        "item": "CHEESE",
        "priority": 1.25,
        "selection_probability": 0.9,
        "release": '{"churn": "3", "cross_sell": "2"}',
        "rulebook": "1-0123456789ab",
        "reward": 3.5,
    }
    assert [list(action) for action in actions] == [ACTION.names] * 3
    assert [tuple(action.values()) for action in actions] == [
        ("cheese", "cross_sell", 1.25, 0.36, 4.0, 0.5, 0.01, 0.9),
        ("stay", "retention", 0.75, 0.6, 40.0, 5.0, 0.2, 0.04),
        (None, None, 0.0, 0.0, 0.0, 0.0, 0.0, 0.06),
    ]
    assert (second["offer_id"], second["item"], second["priority"]) == (None, None, 0.0)
    assert (second["group"], second["reward"]) == ("control", None)


def test_rows_are_written_in_groups_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROW_GROUP", 4)
    with decision_log(tmp_path / "log.parquet") as log:
        log.write_all(replace(DECISION, decision_id=str(number)) for number in range(10))
    written = pq.ParquetFile(tmp_path / "log.parquet")
    assert [written.metadata.row_group(group).num_rows for group in range(3)] == [4, 4, 2]
    assert written.read().column("decision_id").to_pylist() == [str(number) for number in range(10)]


def test_an_empty_log_has_all_columns(tmp_path: Path) -> None:
    with decision_log(tmp_path / "log.parquet"):
        assert list(tmp_path.glob("*.parquet")) == []
    assert pq.read_table(tmp_path / "log.parquet").schema.equals(COLUMNS)


def test_a_failure_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    path.write_text("older")
    with pytest.raises(AttributeError), decision_log(path) as log:
        log.write_all([DECISION, None])  # type: ignore[list-item]  # a fault in the middle
    assert [(one, one.read_text()) for one in tmp_path.iterdir()] == [(path, "older")]
