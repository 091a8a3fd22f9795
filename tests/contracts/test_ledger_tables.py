"""On every database the changes lead to the tables that the code uses, and a ledger stays what it is."""

import hashlib
import zlib
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from serving.decision.trace import to_json
from serving.ledger import Ledger, LedgerError, open_ledger
from serving.ledger.database import Database
from serving.ledger.migrations import config_of
from serving.ledger.tables import metadata, microseconds
from tests.entries import AT, SECRET, answer, enter, giving, priced, question

FIRST_IDENTITY = text("INSERT INTO identity VALUES (1, :hash)")
FIRST_DECISION = text("INSERT INTO decisions VALUES (:id, 'ann', 'web', :control, :at, 0.25, :trace)")


def test_a_new_ledger_has_the_tables_of_the_code(empty_url: str) -> None:
    open_ledger(empty_url, SECRET).close()
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        made = {
            table: {index["name"] for index in inspect(connection).get_indexes(table)}
            for table in ("decisions", "outcomes")
        }
    engine.dispose()
    assert made == {
        "decisions": {"decisions_by_customer"},
        "outcomes": {"outcomes_by_answer", "outcomes_once", "rejections"},
    }


@pytest.fixture
def older_url(empty_url: str) -> str:
    """A ledger as the first version left it, with one decision about ann."""
    with closing(Database(empty_url)) as database:
        asked = question(Ledger(database, SECRET))
        with database.writing() as connection:
            command.upgrade(config_of(connection), "0001")
            connection.execute(FIRST_IDENTITY, {"hash": hashlib.sha256(SECRET).hexdigest()})
            trace = zlib.compress(to_json(answer(asked)).encode())
            row = {"id": asked.decision_id, "at": microseconds(AT), "control": False, "trace": trace}
            connection.execute(FIRST_DECISION, row)
    return empty_url


def test_an_older_ledger_is_brought_up_to_date(older_url: str) -> None:
    with closing(open_ledger(older_url, SECRET)) as ledger:
        asked = question(ledger)
        found = ledger.decision(asked.decision_id)
        assert found is not None
        assert (found.decision, found.asked_by) == (answer(asked), "")
        enter(ledger, giving(question(ledger, "bob"), asked_by="shop"))
    with closing(open_ledger(older_url, SECRET)) as again:
        sealed = {one.customer_id: one.state for page in again.sealed() for one in page}
    assert sealed == {"ann": "unsealed", "bob": "whole"}


def test_who_only_reads_leaves_an_older_ledger_as_it_is(older_url: str) -> None:
    with pytest.raises(
        LedgerError, match="of an older version: start the service, which brings it up to date"
    ):
        open_ledger(older_url, SECRET, reading=True)
    engine = create_engine(older_url)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0001"
    engine.dispose()


def test_who_only_reads_cannot_write(url: str) -> None:
    open_ledger(url, SECRET).close()
    with closing(open_ledger(url, SECRET, reading=True)) as reader:
        asked = question(reader)
        with pytest.raises(LedgerError, match="may only be read"):
            enter(reader, giving(asked, priced("cheese")))
        with pytest.raises(LedgerError, match="may only be read"):
            reader.erase("ann", AT)
        assert reader.decision(asked.decision_id) is None


def test_opening_again_keeps_every_row(url: str) -> None:
    first = open_ledger(url, SECRET)
    made = enter(first, giving(question(first), priced("cheese")))
    first.close()
    again = open_ledger(url, SECRET)
    assert [one.decision for one in again.logged()] == [made]
    again.close()


def test_a_ledger_belongs_to_its_secret(url: str) -> None:
    open_ledger(url, SECRET).close()
    with pytest.raises(LedgerError, match="belongs to another secret: bring back the file at SERVING_SECRET"):
        open_ledger(url, SECRET[::-1])
    open_ledger(url, SECRET).close()


def test_a_ledger_of_a_newer_program_is_left_alone(empty_url: str) -> None:
    open_ledger(empty_url, SECRET).close()
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LedgerError, match="the ledger is of a newer version: update this program"):
        open_ledger(empty_url, SECRET)
