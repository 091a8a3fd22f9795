"""A decision log is read whole or refused with one sentence."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from tests.training.judge.made import SCHEMA, Row, made_log, write_log
from training.judge.log import read_log

GOOD = [
    Row("d2", "c2", None, None, {"cheese": 0.2, None: 0.8}),
    Row("d1", "c1", "cheese", 3.5, {"cheese": 0.9, None: 0.1}, {"cheese": 1.25}),
]


def test_decisions_and_their_actions_are_read(tmp_path: Path) -> None:
    log = made_log(tmp_path / "log.parquet", GOOD)
    assert log.decisions.fillna(-1.0).to_dict("records") == [
        {"decision_id": "d2", "customer_id": "c2", "offer_id": "", "reward": -1.0},
        {"decision_id": "d1", "customer_id": "c1", "offer_id": "cheese", "reward": 3.5},
    ]
    nothing = dict.fromkeys(("priority", "probability", "value", "discount", "cost"), 0.0)
    assert log.actions.to_dict("records") == [
        {"decision_id": "d2", "offer_id": "cheese", "selection_probability": 0.2, **nothing},
        {"decision_id": "d2", "offer_id": "", "selection_probability": 0.8, **nothing},
        {
            "decision_id": "d1",
            "offer_id": "cheese",
            "selection_probability": 0.9,
            **nothing,
            "priority": 1.25,
        },
        {"decision_id": "d1", "offer_id": "", "selection_probability": 0.1, **nothing},
    ]


def test_a_log_of_several_row_groups_is_one_log(tmp_path: Path) -> None:
    rows = [Row(f"d{number}", f"c{number}", None, 1.0, {None: 1.0}) for number in range(10)]
    path = tmp_path / "log.parquet"
    pq.write_table(pa.Table.from_pylist([one.told() for one in rows], SCHEMA), path, row_group_size=3)
    log = read_log(path)
    assert list(log.actions["decision_id"]) == list(log.decisions["decision_id"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no decision"),
        ([*GOOD, GOOD[0]], "has the decision d2 twice, 1 rows too many"),
        ([*GOOD, Row("d3", "c3", None, float("inf"), {None: 1.0})], "1 rewards that are no number"),
        ([*GOOD, Row("d3", "c3", None, 1.0, {})], "1 decisions without usable.* such as d3"),
        ([*GOOD, Row("d3", "c3", None, 1.0, {None: None})], "such as d3"),
        ([*GOOD, Row("d3", "c3", None, 1.0, {None: float("nan")})], "such as d3"),
        ([*GOOD, Row("d3", "c3", None, 1.0, {None: 0.9})], "sum to 1"),
        ([*GOOD, Row("d3", "c3", None, 1.0, {None: 1.5, "a": -0.5})], "from 0 to 1"),
        ([*GOOD, Row("d3", "c3", "wine", 1.0, {None: 1.0})], "that of the chosen action is above 0"),
        ([*GOOD, Row("d3", "c3", None, 1.0, {None: 0.0, "a": 1.0})], "is above 0"),
    ],
)
def test_an_unusable_log_is_one_sentence(tmp_path: Path, rows: list[Row], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made_log(tmp_path / "log.parquet", rows)


def test_an_action_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    twice = Row("d3", "c3", None, 1.0, {None: 0.5}).told()
    path = tmp_path / "log.parquet"
    pq.write_table(pa.Table.from_pylist([{**twice, "actions": 2 * twice["actions"]}], SCHEMA), path)
    with pytest.raises(InputError, match="such as d3: each action needs one from 0 to 1, once"):
        read_log(path)


def test_a_log_without_selection_probabilities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    bare = pa.list_(pa.struct([("offer_id", pa.string())]))
    table = pa.Table.from_pylist([one.told() for one in GOOD], SCHEMA)
    pq.write_table(table.set_column(4, "actions", pa.nulls(2, bare)), path)
    with pytest.raises(InputError, match=r"has no actions\.selection_probability, no actions\.priority"):
        read_log(path)


@pytest.mark.parametrize("gone", ["actions", "reward", "decision_id"])
def test_a_missing_column_is_named(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.Table.from_pylist([one.told() for one in GOOD], SCHEMA).drop_columns([gone]), path)
    with pytest.raises(InputError, match=f"has no {gone}: a decision log comes from"):
        read_log(path)


def test_a_file_that_is_no_decision_log_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").write_text("decision_id,reward\n")
    for path in (tmp_path / "log.parquet", tmp_path / "none.parquet", tmp_path):
        with pytest.raises(InputError, match="cannot be read as a decision log"):
            read_log(path)


def test_reading_changes_no_file(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.parquet", GOOD)
    before = path.read_bytes()
    read_log(path)
    assert path.read_bytes() == before
