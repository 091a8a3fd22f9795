"""What is newer on disk takes over whole, or not at all."""

import asyncio
import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from features.store import publish_sqlite
from serving.live import watch
from serving.live.live import Live
from serving.live.watch import Watch
from serving.release import CURRENT, live_folder
from serving.telemetry import logs
from tests.serving.damage import change_a_byte, truncate
from tests.serving.places import Place
from tests.serving.rules import CATALOGUE
from tests.serving.tiny import INFO, ROWS


def test_what_appears_is_picked_up(place: Place) -> None:
    place.release("1")
    assert place.served() is None
    assert place.live.fault is not None
    assert "serving pull" not in place.live.fault
    place.publish()
    assert place.served() == "1 f1"
    assert place.live.fault is None


def test_a_newer_release_takes_over(serving: Place) -> None:
    serving.release("2")
    assert serving.served() == "2 f1"


def test_a_newer_store_takes_over(serving: Place) -> None:
    before = serving.live.served
    serving.publish()
    assert serving.served() == "1 f1"
    assert serving.live.served is not before


def test_nothing_new_changes_nothing(serving: Place) -> None:
    before = serving.live.served
    assert serving.served() == "1 f1"
    assert serving.live.served is before


@pytest.mark.parametrize("first", ["release", "store"])
def test_new_features_wait_until_release_and_store_agree(serving: Place, first: str) -> None:
    steps: list[Callable[[], object]] = [lambda: serving.release("2", "f2"), lambda: serving.publish("f2")]
    if first == "store":
        steps.reverse()
    steps[0]()
    assert serving.served() == "1 f1"
    assert serving.live.fault is not None
    steps[1]()
    assert serving.served() == "2 f2"
    assert serving.live.fault is None


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        change_a_byte,
        lambda folder: (folder / "release" / "release.json").unlink(),
        lambda folder: shutil.rmtree(folder / "churn"),
        lambda folder: (folder.parent / CURRENT).write_text("nowhere"),
        lambda folder: (folder.parent / CURRENT).unlink(),
        lambda folder: shutil.rmtree(folder.parent),
    ],
    ids=["truncated", "byte", "no-release-file", "no-model", "dangling", "no-pointer", "nothing"],
)
def test_a_bad_release_never_goes_live(serving: Place, damage: Callable[[Path], object]) -> None:
    serving.release("2")
    damage(live_folder(serving.settings.release))
    assert serving.served() == "1 f1"
    assert serving.live.fault is not None
    serving.release("3")
    assert serving.served() == "3 f1"
    assert serving.live.fault is None


def test_after_the_last_customer_was_erased_the_service_goes_on(place: Place) -> None:
    place.publish()
    place.release("1")
    place.watch.refresh()
    for customer_id, *_ in ROWS:
        place.watch.forget(customer_id)
    assert place.live.served is not None
    assert list(place.live.served.store.ids()) == []
    assert place.live.fault is None
    again = Watch(Live(), place.settings)
    again.refresh()
    again.close()


def test_a_folder_that_cannot_be_looked_at_is_a_fault_and_no_end(
    serving: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(_: Path) -> bool:
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "is_dir", stale)
        assert serving.served() == "1 f1"
    assert "Stale file handle" in (serving.live.fault or "")
    assert serving.served() == "1 f1"
    assert serving.live.fault is None


def test_a_live_release_that_is_deleted_answers_on_and_is_told(serving: Place) -> None:
    shutil.rmtree(live_folder(serving.settings.release))
    assert serving.served() == "1 f1"
    assert "python -m serving pull" in (serving.live.fault or "")
    serving.release("2")
    assert serving.served() == "2 f1"
    assert serving.live.fault is None


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, None], ids=["empty", "garbage", "gone"])
def test_a_bad_store_never_goes_live(serving: Place, content: bytes | None) -> None:
    broken = serving.settings.store.with_name("broken")
    broken.write_bytes(content or b"")
    broken.replace(serving.settings.store)
    if content is None:
        serving.settings.store.unlink()
    assert serving.served() == "1 f1"
    assert serving.live.fault is not None
    serving.publish()
    assert serving.served() == "1 f1"
    assert serving.live.fault is None


def test_a_lasting_fault_is_logged_once(
    serving: Place, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    serving.settings.store.unlink()
    for _ in range(3):
        serving.served()
    assert [line["event"] for line in log_lines()] == ["refused"]


def test_what_nobody_foresaw_is_outlived_and_said_once(
    serving: Place, log_lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([RecursionError, RecursionError, RecursionError, KeyboardInterrupt])

    def fail() -> None:
        raise next(looks)

    monkeypatch.setattr(serving.watch, "refresh", fail)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(serving.watch.forever())
    assert [(line["event"], line["reason"]) for line in log_lines()] == [("refresh-failed", "RecursionError")]


def test_a_swap_under_a_request_leaves_the_old_set_whole(serving: Place) -> None:
    held = serving.live.served
    assert held is not None
    assert held.churn is not None
    for version in range(2, 8):
        serving.release(str(version))
        serving.publish()
        assert serving.served() == f"{version} f1"
    answer = held.churn.answer("1", 3)
    assert answer is not None
    assert answer.model.version == "1"


def test_log_lines_are_json(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    logs.event("started", port=8000)
    (line,) = log_lines()
    assert {**line, "time": None} == {"time": None, "level": "info", "event": "started", "port": 8000}
    assert json.dumps(line)


def test_an_offer_that_has_ended_stops_no_other(
    serving: Place, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    ended = CATALOGUE.replace('kind = "loyalty"', 'kind = "loyalty"\nvalid_to = 2020-02-29')
    serving.catalogue.write_text(ended)
    serving.watch.refresh()
    assert serving.live.rulebook_fault is None
    assert serving.live.rulebook is not None
    assert [bound.offer.id for bound in serving.live.rulebook.offers][-1] == "thanks"
    serving.watch.refresh()
    told = [line for line in log_lines() if line["event"] == "offers-ended"]
    assert [(line["level"], line["offers"]) for line in told] == [("error", ["thanks"])]


def test_a_catalogue_that_cannot_be_used_leaves_the_old_one(serving: Place) -> None:
    before = serving.live.rulebook
    serving.catalogue.write_text(CATALOGUE.replace("churn_band", "churn_bnd"))
    serving.watch.refresh()
    assert serving.live.rulebook is before is not None
    assert 'did you mean "churn_band"' in (serving.live.rulebook_fault or "")
    serving.catalogue.write_text(CATALOGUE.replace('"c1"', '"c2"'))
    serving.watch.refresh()
    assert serving.live.rulebook_fault is None
    assert serving.live.rulebook is not before


def test_rules_and_ledger_are_there_with_the_store(serving: Place) -> None:
    assert serving.live.rulebook is not None
    assert serving.live.ledger is not None
    assert serving.live.faults is None


def test_a_changed_catalogue_takes_over(serving: Place) -> None:
    before = serving.live.rulebook
    assert before is not None
    serving.watch.refresh()
    assert serving.live.rulebook is before
    catalogue = serving.catalogue
    catalogue.write_text(catalogue.read_text().replace('name = "A thank you"', 'name = "Many thanks"'))
    serving.watch.refresh()
    assert serving.live.rulebook is not None
    assert serving.live.rulebook.name != before.name
    assert [bound.offer.name for bound in serving.live.rulebook.offers][-1] == "Many thanks"


@pytest.mark.parametrize(
    ("damaged", "change", "sentence"),
    [
        ("catalogue", lambda text: text.replace("churn_band", "churn_bnad"), 'did you mean "churn_band"'),
        ("catalogue", lambda text: text.replace("value = 30.0", "value = -1"), "value"),
        ("catalogue", lambda text: text.replace('"thanks"', '"stay"'), "stay"),
        ("catalogue", lambda _: "", "version"),
        ("catalogue", lambda _: 'version = "1"\ncurrency = "USD"', "offer"),
        ("policy", lambda text: text.replace("[channels.email]", "[channels.emial]"), 'did you mean "emial"'),
        ("policy", lambda _: "no TOML", "TOML"),
    ],
)
def test_broken_rules_are_refused_and_the_old_ones_go_on(
    serving: Place, damaged: str, change: Callable[[str], str], sentence: str
) -> None:
    before, path = serving.live.rulebook, getattr(serving, damaged)
    right = path.read_text()
    path.write_text(change(right))
    assert serving.served() == "1 f1"
    assert serving.live.rulebook is before
    assert serving.live.fault is None
    assert serving.live.rulebook_fault is not None
    assert sentence in serving.live.rulebook_fault
    assert serving.live.faults == serving.live.rulebook_fault
    path.write_text(right)
    serving.watch.refresh()
    assert serving.live.rulebook_fault is None


def test_missing_rules_leave_the_models_alone_and_are_picked_up(place: Place) -> None:
    policy = place.policy.read_text()
    place.policy.unlink()
    place.release("1")
    place.publish()
    assert place.served() == "1 f1"
    assert place.live.rulebook is None
    assert place.live.rulebook_fault is not None
    assert "policy.toml" in place.live.rulebook_fault
    place.policy.write_text(policy)
    place.watch.refresh()
    assert place.live.faults is None


def test_rules_are_bound_to_what_a_new_store_knows(place: Place) -> None:
    catalogue = place.catalogue
    catalogue.write_text(catalogue.read_text().replace("churn_band = high", "spend_28d > 1"))
    place.release("1")
    publish_sqlite(place.settings.store, replace(INFO, described=()), ROWS)
    assert place.served() == "1 f1"
    assert place.live.rulebook_fault is not None
    assert '"spend_28d" is no attribute' in place.live.rulebook_fault
    place.publish()
    place.watch.refresh()
    assert place.live.faults is None


def test_each_lasting_fault_is_logged_once(
    serving: Place, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    serving.catalogue.write_text("")
    serving.settings.store.unlink()
    for _ in range(3):
        serving.watch.refresh()
    assert [line["event"] for line in log_lines()] == ["refused", "rulebook-refused"]
