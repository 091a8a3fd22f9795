from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, Insert, event

from serving.ledger import open_ledger
from serving.ledger.tables import spent, used
from tests.entries import SECRET, giving, priced, question


@pytest.fixture
def reserved() -> Iterator[list[tuple[str, str]]]:
    """(table, offer) of every reservation."""
    found: list[tuple[str, str]] = []

    def note(
        connection: object,  # noqa: ARG001 - the event's
        statement: object,
        many: list[dict[str, str]],
        one: dict[str, str],
        options: object,  # noqa: ARG001 - the event's
    ) -> None:
        if isinstance(statement, Insert) and statement.table in (used, spent):
            found.extend((statement.table.description, values["offer_id"]) for values in many or [one])

    event.listen(Engine, "before_execute", note)
    yield found
    event.remove(Engine, "before_execute", note)


def test_offers_are_reserved_in_the_order_of_their_ids(
    tmp_path: Path, reserved: list[tuple[str, str]]
) -> None:
    """Pieces before money: two who reserve at once never wait for each other in a circle."""
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", SECRET)
    offers = [priced(name, reserved=1.0) for name in ("wine", "bread", "tea", "cheese")]
    chunk = [giving(question(ledger, "ann"), *offers[:2]), giving(question(ledger, "bob"), *offers[1:])]
    ledger.decide_many(chunk, {}, days=30)
    ledger.close()
    in_order = ["bread", "cheese", "tea", "wine"]
    assert reserved == [("used", name) for name in in_order] + [("spent", name) for name in in_order]
