"""On every database whoever changes a row of what was decided is found out, column by column."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Table, create_engine, literal_column, select, text, update

from serving.ledger import Ledger, open_ledger
from serving.ledger.tables import answers, decisions, used
from tests.entries import AT, DAY, SECRET, enter, giving, outcome, priced, question

CHEESE = priced("cheese", "cross_sell", reserved=0.75, cost=0.25, discount=0.5)
WINE = priced("wine", "bundle", cost=0.5)
COLUMNS = [*decisions.c, *answers.c]


@contextmanager
def by_hand(url: str) -> Iterator[Connection]:
    """A connection that asks nobody, and no foreign key either."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        yield connection
    engine.dispose()


def other(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """As little else as possible."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    step = {str: "x", int: 1, float: 1e-9}.get(type(value), timedelta(microseconds=1))
    return value + step


def states(ledger: Ledger) -> dict[str, str]:
    """The state of each decision by its customer."""
    return {one.customer_id: one.state for page in ledger.sealed() for one in page}


def fill(ledger: Ledger) -> None:
    """Two offers to ann, one to bob, none to cleo, one withheld from dora."""
    enter(ledger, giving(question(ledger, "ann"), CHEESE, WINE, asked_by="shop"))
    enter(ledger, giving(question(ledger, "bob"), CHEESE, asked_by="shop"))
    enter(ledger, giving(question(ledger, "cleo"), asked_by="batch"))
    enter(ledger, giving(question(ledger, "dora"), withheld=(WINE,)))


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """On every database."""
    fill(ledger)
    return ledger


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The database that takes any value in any column."""
    return f"sqlite:///{tmp_path}/alone.sqlite"


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Ledger]:
    """As `filled`."""
    with closing(open_ledger(sqlite_url, SECRET)) as ledger:
        fill(ledger)
        yield ledger


def test_what_nobody_touched_is_whole(filled: Ledger, url: str) -> None:
    whole = dict.fromkeys(["ann", "bob", "cleo", "dora"], "whole")
    assert states(filled) == whole
    assert filled.untold() == {}
    with closing(open_ledger(url, SECRET, reading=True)) as reader:
        assert states(reader) == whole
        assert reader.untold() == {}
        assert {reader.pseudonym(one) for one in whole} == {filled.pseudonym(one) for one in whole}


@pytest.mark.parametrize("column", COLUMNS, ids=[f"{one.table.name}.{one.name}" for one in COLUMNS])
def test_a_changed_value_is_found(filled: Ledger, url: str, column: Column[Any]) -> None:
    table, mine = column.table, question(filled, "bob").decision_id
    assert isinstance(table, Table)
    with by_hand(url) as connection:
        value = connection.execute(select(column).where(table.c.decision_id == mine)).scalar_one()
        changed = update(table).where(table.c.decision_id == mine).values({column.name: other(value)})
        assert connection.execute(changed).rowcount == 1
    found = [one for page in filled.sealed() for one in page]
    assert [one.state for one in found].count("changed") == 1
    (one,) = (one for one in found if one.state == "changed")
    assert one.decision_id == (other(mine) if column is decisions.c.decision_id else mine)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decisions SET seal = NULL WHERE decision_id = :bob",
        "UPDATE decisions SET seal = NULL, asked_by = '' WHERE decision_id = :bob",
        (
            "UPDATE decisions SET seal = another.seal FROM decisions AS another WHERE another.decision_id = :ann"
            " AND decisions.decision_id = :bob"
        ),
        (
            "UPDATE decisions SET trace = another.trace FROM decisions AS another WHERE another.decision_id = :ann"
            " AND decisions.decision_id = :bob"
        ),
        "UPDATE decisions SET decided_at = 9223372036854775807 WHERE decision_id = :bob",
        "UPDATE answers SET offer_id = NULL, kind = NULL WHERE decision_id = :bob",
        "DELETE FROM answers WHERE decision_id = :bob",
    ],
    ids=["no seal", "as if older", "another's seal", "another's trace", "no moment", "no offer", "no answer"],
)
def test_nothing_passes_for_whole(filled: Ledger, url: str, change: str) -> None:
    with by_hand(url) as connection:
        ids = {name: question(filled, name).decision_id for name in ("ann", "bob")}
        assert connection.execute(text(change), ids).rowcount == 1
    assert states(filled) == {"ann": "whole", "bob": "changed", "cleo": "whole", "dora": "whole"}


OTHER_TYPES = {
    "a customer in bytes": "UPDATE decisions SET customer_id = CAST(customer_id AS BLOB) WHERE decision_id = :bob",
    "a control that is none": "UPDATE decisions SET control = 'x' WHERE decision_id = :bob",
    "a control of two": "UPDATE decisions SET control = 2 WHERE decision_id = :dora",
    "half a microsecond": "UPDATE decisions SET decided_at = decided_at + 0.5 WHERE decision_id = :bob",
    "a margin with letters": "UPDATE decisions SET margin = margin || 'abc' WHERE decision_id = :bob",
    "a trace in text": "UPDATE decisions SET trace = CAST('x' AS TEXT) WHERE decision_id = :bob",
    "a seal in text": "UPDATE decisions SET seal = 'abc' WHERE decision_id = :bob",
    "a decision in bytes": "UPDATE decisions SET decision_id = CAST(decision_id AS BLOB) WHERE decision_id = :bob",
    "given twice over": "UPDATE answers SET given = 2 WHERE decision_id = :bob",
    "given in words": "UPDATE answers SET given = 'true' WHERE decision_id = :bob",
    "a place and a half": "UPDATE answers SET place = place + 0.5 WHERE decision_id = :bob",
    "an offer in bytes": "UPDATE answers SET offer_id = CAST(offer_id AS BLOB) WHERE decision_id = :bob",
    "a cost with letters": "UPDATE answers SET cost = cost || 'abc' WHERE decision_id = :bob",
    "a discount with letters": "UPDATE answers SET discount = discount || 'abc' WHERE decision_id = :bob",
    "an answer in bytes": "UPDATE answers SET decision_id = CAST(decision_id AS BLOB) WHERE decision_id = :bob",
}
"""Values that are read as what was sealed, or nearly so; `:dora` where the column has to hold a yes."""


@pytest.mark.parametrize("change", OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_sqlite_holds_no_other_type_unseen(sqlite: Ledger, sqlite_url: str, change: str) -> None:
    names = ["bob", "dora"]
    ids = {name: question(sqlite, name).decision_id for name in names}
    with by_hand(sqlite_url) as connection:
        used_ids = {name: ids[name] for name in names if f":{name}" in change}
        assert connection.execute(text(change), used_ids).rowcount == 1
    changed = [one.decision_id for page in sqlite.sealed() for one in page if one.state == "changed"]
    assert changed == list(used_ids.values())
    assert set(sqlite.untold()) <= {"cheese", "b'cheese'"}


def test_no_id_makes_an_audit_endless_or_is_left_out(
    sqlite: Ledger, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, (_, *others) = decisions.c.decision_id == question(sqlite, "cleo").decision_id, decisions.c
    monkeypatch.setattr("serving.ledger.ledger._PAGE", 2)
    with by_hand(sqlite_url) as connection:
        for one in ("''", "x''", "CAST('f1' AS BLOB)", "CAST('f2' AS BLOB)", "'f2'", "'z'"):
            copied = select(literal_column(one), *others).where(mine)
            connection.execute(decisions.insert().from_select(decisions.c.keys(), copied))
    pages = list(islice(sqlite.sealed(), 9))
    assert [len(page) for page in pages] == [2] * 5
    changed = [one.decision_id for page in pages for one in page if one.state == "changed"]
    assert changed == ["", "f2", "z", "", "f1", "f2"]


def test_answers_without_their_decision_are_found(filled: Ledger, url: str) -> None:
    assert filled.orphans() == []
    mine = question(filled, "ann").decision_id
    with by_hand(url) as connection:
        connection.execute(decisions.delete().where(decisions.c.decision_id == mine))
        nowhere = {"place": 1, "given": True, "cost": 0.0, "discount": 0.0}
        connection.execute(answers.insert().values(decision_id="0", **nowhere))
    assert filled.orphans() == ["0", mine]


def test_the_day_and_the_money_of_counters_are_not_in_a_seal(filled: Ledger, url: str) -> None:
    with by_hand(url) as connection:
        connection.execute(text("UPDATE used SET day = '2020-01-01'"))
        connection.execute(text("UPDATE spent SET money = money + 100"))
    assert set(states(filled).values()) == {"whole"}
    assert (filled.untold(), filled.orphans()) == ({}, [])


def test_an_answer_too_many_is_found(filled: Ledger, url: str) -> None:
    with by_hand(url) as connection:
        row = connection.execute(select(answers).where(answers.c.offer_id == "cheese")).first()
        assert row is not None
        connection.execute(answers.insert().values(**{**row._asdict(), "place": 3}))
    assert list(states(filled).values()).count("changed") == 1


def test_a_decision_that_gave_something_cannot_be_removed_unseen(filled: Ledger, url: str) -> None:
    mine = question(filled, "ann").decision_id
    with by_hand(url) as connection:
        connection.execute(answers.delete().where(answers.c.decision_id == mine))
        connection.execute(decisions.delete().where(decisions.c.decision_id == mine))
    assert states(filled) == {"bob": "whole", "cleo": "whole", "dora": "whole"}
    assert filled.untold() == {"cheese": 1, "wine": 1}


def test_a_counter_that_was_turned_back_is_found(filled: Ledger, url: str) -> None:
    with by_hand(url) as connection:
        connection.execute(update(used).where(used.c.offer_id == "cheese").values(times=1))
    assert filled.untold() == {"cheese": -1}


def test_outcomes_and_erasures_change_nothing_that_is_sealed(filled: Ledger) -> None:
    ann = question(filled, "ann").decision_id
    filled.record_outcome(outcome(ann, "purchase", value=3.0))
    filled.erase("bob", AT)
    filled.erase("dora", AT)
    assert states(filled) == {"ann": "whole", "cleo": "whole"}
    assert filled.untold() == {}


def test_a_part_of_the_ledger_is_checked_alone(filled: Ledger) -> None:
    enter(filled, giving(question(filled, "late", AT + DAY), CHEESE))
    assert [[one.customer_id for one in page] for page in filled.sealed(AT + DAY)] == [["late"]]


def test_many_pages_are_one_ledger(filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.ledger.ledger._PAGE", 3)
    assert [len(page) for page in filled.sealed()] == [3, 1]


def test_who_asked_first_is_kept(filled: Ledger) -> None:
    asked = question(filled, "ann")
    enter(filled, giving(asked, asked_by="another"))
    found = filled.decision(asked.decision_id)
    assert found is not None
    assert found.asked_by == "shop"
