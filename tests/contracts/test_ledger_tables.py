"""On every database the changes lead to the tables that the code uses, and a ledger stays what it is."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from serving.ledger import LedgerError, open_ledger
from serving.ledger.tables import metadata
from tests.entries import SECRET, enter, giving, priced, question


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
