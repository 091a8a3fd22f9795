"""On every database whoever changes a row of what was decided is found out, column by column."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Table, create_engine, select, text, update

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


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Two offers to ann, one to bob, none to cleo, one withheld from dora."""
    enter(ledger, giving(question(ledger, "ann"), CHEESE, WINE, asked_by="shop"))
    enter(ledger, giving(question(ledger, "bob"), CHEESE, asked_by="shop"))
    enter(ledger, giving(question(ledger, "cleo"), asked_by="batch"))
    enter(ledger, giving(question(ledger, "dora"), withheld=(WINE,)))
    return ledger


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
