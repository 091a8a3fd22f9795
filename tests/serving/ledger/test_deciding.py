from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from serving.ledger import open_ledger
from tests.entries import SECRET, giving, priced, question


@pytest.fixture
def reserved() -> Iterator[list[tuple[str, str]]]:
    """(table, offer) of every reservation."""
    found: list[tuple[str, str]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
        if statement.startswith(("INSERT INTO used", "INSERT INTO spent")):
            found.append((statement.split()[2], values[0]))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


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
