"""Two models and a store go live together, or the set that answers goes on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from features.store import StoreInfo, publish_sqlite
from serving.live.live import Live
from serving.live.watch import Watch
from serving.release import live_folder
from tests.serving import tiny
from tests.serving.cross_sell.tiny import (
    INFO,
    STORE_INFO,
    candidates,
    offline_probability,
    release_into,
    rows_of,
)
from tests.serving.places import settings_in
from tests.serving.tiny import ROWS

BARE = tiny.INFO
OTHER_PAIRS = replace(STORE_INFO, candidates=replace(INFO, fingerprint="p2"))


class Place:
    """A release folder and a store file, and the watch over them."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_in(folder)
        self.live = Live()
        self.watch = Watch(self.live, self.settings)

    def publish(self, info: StoreInfo = STORE_INFO) -> None:
        publish_sqlite(self.settings.store, info, ROWS, candidates() if info.candidates else None)

    def release(self, version: str, fingerprint: str = "p1", *, churn: bool = True) -> None:
        def change(files: dict[str, Any]) -> None:
            files["model.json"]["fingerprint"] = fingerprint

        release_into(self.settings.release, version, change, churn=churn)

    def versions(self) -> dict[str, str]:
        """Which model answers in which version, as its answers say."""
        self.watch.refresh()
        served, found = self.live.served, {}
        if served is not None and served.churn is not None:
            answer = served.churn.answer("1", 0)
            assert answer is not None
            found["churn"] = answer.model.version
        if served is not None and served.offers is not None:
            found["cross_sell"] = served.offers.answer("1", "all", 10).model.version
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def serving(place: Place) -> Place:
    place.release("1")
    place.publish()
    assert place.versions() == {"churn": "1", "cross_sell": "1"}
    assert place.live.fault is None
    return place


def test_offers_come_from_the_published_file_as_by_the_formula(serving: Place) -> None:
    assert serving.live.served is not None
    assert serving.live.served.offers is not None
    rows, parents = rows_of("1")
    expected = sorted(map(offline_probability, rows, parents), reverse=True)
    answer = serving.live.served.offers.answer("1", "all", 100)
    assert [offer.probability for offer in answer.offers] == pytest.approx(expected, rel=0, abs=1e-12)


def test_both_models_of_a_newer_release_take_over_at_once(serving: Place) -> None:
    held = serving.live.served
    assert held is not None
    assert held.offers is not None
    serving.release("2")
    serving.publish()
    assert serving.versions() == {"churn": "2", "cross_sell": "2"}
    assert held.offers.answer("1", "all", 1).model.version == "1"


@pytest.mark.parametrize("info", [BARE, OTHER_PAIRS], ids=["bare", "other-pairs"])
def test_churn_answers_alone_when_the_store_has_nothing_to_offer(
    place: Place, info: StoreInfo, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    place.release("1")
    place.publish(info)
    for _ in range(3):
        assert place.versions() == {"churn": "1"}
    assert place.live.fault is not None
    assert "python -m features publish" in place.live.fault
    _, serving, refused = log_lines()  # the first one tells that a ledger begins
    assert (serving["event"], serving["models"]) == ("serving", {"churn": "1"})
    assert (refused["event"], refused["reason"]) == ("refused", place.live.fault)
    place.publish()
    assert place.versions() == {"churn": "1", "cross_sell": "1"}
    assert place.live.fault is None


@pytest.mark.parametrize("info", [BARE, OTHER_PAIRS], ids=["bare", "other-pairs"])
def test_a_store_that_would_silence_offers_waits(serving: Place, info: StoreInfo) -> None:
    before = serving.live.served
    serving.publish(info)
    assert serving.versions() == {"churn": "1", "cross_sell": "1"}
    assert serving.live.served is before
    assert serving.live.fault is not None
    serving.publish()
    assert serving.versions() == {"churn": "1", "cross_sell": "1"}
    assert serving.live.served is not before
    assert serving.live.fault is None


@pytest.mark.parametrize("first", ["release", "store"])
def test_new_pair_features_wait_until_release_and_store_agree(serving: Place, first: str) -> None:
    steps: list[Callable[[], object]] = [
        lambda: serving.release("2", "p2"),
        lambda: serving.publish(OTHER_PAIRS),
    ]
    if first == "store":
        steps.reverse()
    steps[0]()
    assert serving.versions() == {"churn": "1", "cross_sell": "1"}
    assert serving.live.fault is not None
    steps[1]()
    assert serving.versions() == {"churn": "2", "cross_sell": "2"}
    assert serving.live.fault is None


def test_a_release_may_drop_churn_or_offers(serving: Place) -> None:
    serving.release("2", churn=False)
    assert serving.versions() == {"cross_sell": "2"}
    tiny.release_into(serving.settings.release, "3")
    assert serving.versions() == {"churn": "3"}
    assert serving.live.fault is None


@pytest.mark.parametrize("name", ["churn", "cross_sell"])
def test_one_broken_model_keeps_the_whole_old_release(serving: Place, name: str) -> None:
    serving.release("2")
    booster = live_folder(serving.settings.release) / name / "booster.txt"
    booster.write_bytes(booster.read_bytes()[:1000])
    assert serving.versions() == {"churn": "1", "cross_sell": "1"}
    assert serving.live.fault is not None
    assert "booster.txt" in serving.live.fault
    serving.release("3")
    assert serving.versions() == {"churn": "3", "cross_sell": "3"}
    assert serving.live.fault is None
