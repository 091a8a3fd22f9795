"""A bundle model goes live with the others, and a store never stops it."""

from dataclasses import replace
from pathlib import Path

import pytest

from features.store import StoreInfo, publish_sqlite
from serving.live.live import Live
from serving.live.watch import Watch
from serving.release import live_folder
from tests.serving import tiny
from tests.serving.bundles.tiny import (
    BREAD,
    FULL_INFO,
    IDS,
    STORE_INFO,
    habits,
    offline_probability,
    own_shares,
    ranking,
    release_into,
)
from tests.serving.cross_sell.tiny import candidates
from tests.serving.places import settings_in
from tests.serving.tiny import ROWS

EVERY = ["churn", "cross_sell", "bundles"]


class Place:
    """A release folder and a store file, and the watch over them."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_in(folder)
        self.live = Live()
        self.watch = Watch(self.live, self.settings)

    def publish(self, info: StoreInfo = FULL_INFO) -> None:
        publish_sqlite(
            self.settings.store,
            info,
            ROWS,
            candidates() if info.candidates else None,
            habits() if info.bundles else None,
        )

    def versions(self) -> dict[str, str]:
        self.watch.refresh()
        return dict(self.live.served.versions.items()) if self.live.served else {}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_suggestions_come_from_the_published_habits_as_by_the_formula(place: Place) -> None:
    release_into(place.settings.release, "1")
    place.publish()
    assert place.versions() == dict.fromkeys(EVERY, "1")
    assert place.live.fault is None
    assert place.live.served is not None
    assert place.live.served.bundles is not None
    answer = place.live.served.bundles.answer(["BREAD"], "1", 50)
    own = own_shares("1")
    assert [one.item_id for one in answer.suggestions] == ranking([BREAD], own)
    assert [one.probability for one in answer.suggestions] == pytest.approx(
        [offline_probability([BREAD], IDS.index(one.item_id), own) for one in answer.suggestions], abs=1e-12
    )


def test_a_store_that_fits_no_other_model_serves_bundles(place: Place) -> None:
    release_into(place.settings.release, "1")
    place.publish(replace(STORE_INFO, fingerprint="f2"))
    assert place.versions() == {"bundles": "1"}


def test_a_newer_store_without_habits_takes_over(place: Place) -> None:
    release_into(place.settings.release, "1", others=False)
    for info, personal in ((STORE_INFO, True), (tiny.INFO, False), (STORE_INFO, True)):
        place.publish(info)
        assert place.versions() == {"bundles": "1"}
        assert place.live.served is not None
        assert place.live.served.bundles is not None
        assert place.live.served.bundles.answer([], "1", 1).personal is personal


def test_broken_bundles_keep_the_whole_old_release(place: Place) -> None:
    release_into(place.settings.release, "1")
    place.publish()
    assert place.versions() == dict.fromkeys(EVERY, "1")
    release_into(place.settings.release, "2")
    weights = live_folder(place.settings.release) / "bundles" / "weights.npy"
    weights.write_bytes(weights.read_bytes()[:100])
    assert place.versions() == dict.fromkeys(EVERY, "1")
    assert place.live.fault is not None
    assert "weights.npy" in place.live.fault
    release_into(place.settings.release, "3")
    assert place.versions() == dict.fromkeys(EVERY, "3")
    release_into(place.settings.release, "4", others=False)
    assert place.versions() == {"bundles": "4"}
