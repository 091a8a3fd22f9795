"""The ledger comes first: nobody is served before it, and one that was moved takes nothing more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.decision.facts import Consent
from serving.ledger import open_ledger, read_secret
from serving.live.live import Live
from serving.live.watch import Watch
from tests.serving.places import Place
from tests.serving.tiny import INFO


def test_before_the_ledger_was_open_nobody_is_served(place: Place) -> None:
    place.settings.secret_file.write_text("short")
    place.release("1")
    place.publish()
    assert place.served() is None
    assert place.live.fault is not None
    assert "before the ledger is open" in place.live.fault
    assert place.live.ledger is None
    assert place.live.ledger_fault is not None
    assert "secret" in place.live.ledger_fault
    place.settings.secret_file.unlink()
    assert place.served() == "1 f1"
    assert place.live.faults is None


@pytest.mark.parametrize("replaced", [False, True])
def test_a_ledger_whose_file_is_gone_is_told_and_not_opened_anew(
    serving: Place, log_lines: Callable[[], list[dict[str, Any]]], *, replaced: bool
) -> None:
    file = Path(serving.settings.ledger.removeprefix("sqlite:///"))
    moved = file.rename(file.with_name("moved"))
    if replaced:
        file.write_bytes(b"another ledger")
    assert serving.served() == "1 f1"  # models go on
    serving.watch.refresh()
    assert not serving.has_ledger()
    assert "was deleted or replaced while it was open" in (serving.live.ledger_fault or "")
    assert [line["event"] for line in log_lines()].count("ledger-refused") == 1
    assert file.exists() is replaced  # nothing was made in its place
    moved.rename(file)
    serving.watch.refresh()
    assert serving.has_ledger()
    assert serving.live.faults is None


def test_a_ledger_that_was_closed_is_one_whole_file(serving: Place) -> None:
    file = Path(serving.settings.ledger.removeprefix("sqlite:///"))
    assert serving.live.ledger is not None
    serving.live.ledger.set_consent("1", "web", "marketing", Consent(granted=True, at=INFO.as_of))
    serving.watch.close()
    assert [one.name for one in file.parent.iterdir() if one.name.startswith(file.name)] == [file.name]


def test_a_ledger_that_begins_is_told_with_its_place_and_one_that_goes_on_is_not(
    place: Place, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    def begun() -> list[str]:
        return [line["ledger"] for line in log_lines() if line["event"] == "ledger-begun"]

    place.watch.refresh()
    assert begun() == [place.settings.ledger]
    place.watch.close()
    again = Watch(Live(), place.settings)
    again.refresh()
    again.close()
    assert len(begun()) == 1


def test_a_ledger_takes_outcomes_before_there_is_a_store(place: Place) -> None:
    place.watch.refresh()
    assert place.live.served is None
    assert place.live.ledger is not None


def test_who_was_erased_is_removed_as_soon_as_the_ledger_is_there(place: Place) -> None:
    key = Path(place.settings.secret_file)
    erasing = open_ledger(place.settings.ledger, read_secret(key))
    erasing.erase("1", INFO.as_of)
    erasing.close()
    right = key.read_bytes()
    key.write_text("short")
    place.release("1")
    place.publish()
    assert place.served() is None
    key.write_bytes(right)
    place.watch.refresh()
    assert place.live.served is not None
    assert place.live.served.store.get("1") is None
    assert place.live.served.store.get("01") is not None
