"""The ledger comes first: nobody is served before it, and a moved one is opened anew."""

from pathlib import Path

from serving.ledger import open_ledger, read_secret
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


def test_a_ledger_that_is_replaced_is_opened_again(serving: Place) -> None:
    file = Path(serving.settings.ledger.removeprefix("sqlite:///"))
    before = serving.live.ledger
    serving.watch.refresh()
    assert serving.live.ledger is before
    file.rename(file.with_name("moved"))
    serving.watch.refresh()
    assert serving.live.ledger not in {None, before}
    assert file.exists()


def test_a_ledger_that_was_open_and_breaks_stops_no_model(serving: Place) -> None:
    file = Path(serving.settings.ledger.removeprefix("sqlite:///"))
    file.rename(file.with_name("moved"))
    file.write_bytes(b"garbage" * 1000)
    assert serving.served() == "1 f1"
    assert not serving.has_ledger()
    file.unlink()
    file.with_name("moved").rename(file)
    serving.watch.refresh()
    assert serving.has_ledger()
    assert serving.live.faults is None


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
