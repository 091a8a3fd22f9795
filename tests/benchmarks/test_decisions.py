"""What deciding for everybody costs: a store grown under new ids, the bar, and how the figures are shown."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.decisions import Batch, replicate, show
from features.store import SqliteStore
from tests.serving.next_best_offer.tiny import full_store

RUN = Batch(
    customers=4000,
    seconds=20.0,
    processor_seconds=18.5,
    peak_mib=900.0,
    decisions=4000,
    offers=3100,
    file_mib=1.25,
)


@pytest.mark.parametrize("customers", [4, 6, 15])
def test_a_grown_store_holds_everybody_again_under_new_ids(customers: int, tmp_path: Path) -> None:
    small = full_store()
    replicate(small, customers, tmp_path / "online.sqlite")
    grown = SqliteStore(tmp_path / "online.sqlite")
    ids = list(grown.ids())
    assert len(ids) == customers == grown.info.customers
    for name in ids:
        own = name.split("~")[0]
        assert repr(grown.get(name)) == repr(small.get(own))
        assert repr(grown.profile(name)) == repr(small.profile(own))
        assert repr(grown.candidates(name)) == repr(small.candidates(own))
        assert repr(grown.habits(name)) == repr(small.habits(own))
    assert grown.items[0].item == small.items[0].item
    assert grown.popular("") == small.popular("")


@pytest.mark.parametrize(
    ("changed", "met"),
    [({}, True), ({"peak_mib": 3072.5}, False), ({"peak_mib": 3072.0}, True), ({"decisions": 3999}, False)],
)
def test_the_bar_is_a_decision_for_everybody_within_the_memory(
    changed: dict[str, float], *, met: bool
) -> None:
    assert replace(RUN, **changed).met is met  # type: ignore[arg-type]  # each is a number of its field


def test_the_figures_are_shown() -> None:
    text = StringIO()
    Console(file=text, width=140).print(show(RUN))
    cells = [cell.strip() for cell in text.getvalue().splitlines()[3].strip("│").split("│")]
    assert cells == ["4,000", "20.0", "5.0", "18.5", "900.0", "4,000", "3,100", "1.2"]
