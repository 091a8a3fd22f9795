"""What a service answers with that starts beside whatever lies on the disk."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.serving.damage import change_a_byte, truncate
from tests.serving.places import Place


def test_nothing_there_says_what_to_run_for_both(place: Place) -> None:
    assert place.served() is None
    assert place.live.fault is not None
    assert "python -m serving pull" in place.live.fault
    assert "python -m features publish" in place.live.fault


def test_a_mismatch_at_the_start_is_not_ready(place: Place) -> None:
    place.release("1")
    place.publish("f2")
    assert place.served() is None
    assert place.live.fault is not None
    assert "different features" in place.live.fault


def test_a_start_takes_the_release_before_one_that_does_not_fit_the_store(
    place: Place, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    place.publish()
    place.release("1")
    place.release("2", "f2")
    for _ in range(3):
        assert place.served() == "1 f1"
    assert [line["event"] for line in log_lines()] == ["ledger-begun", "serving", "refused"]
    assert "different features" in (place.live.fault or "")
    place.publish("f2")
    assert place.served() == "2 f2"
    assert place.live.fault is None


@pytest.mark.parametrize(
    "damage",
    [truncate, change_a_byte, lambda folder: shutil.rmtree(folder / "churn"), shutil.rmtree],
    ids=["truncated", "byte", "no-model", "gone"],
)
def test_a_start_takes_the_release_before_a_bad_one(
    place: Place, damage: Callable[[Path], object], log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    place.publish()
    place.release("1")
    damage(place.release("2"))
    for _ in range(3):
        assert place.served() == "1 f1"
    assert place.live.fault is not None
    assert [line["event"] for line in log_lines()] == ["ledger-begun", "serving", "refused"]
    place.release("3")
    assert place.served() == "3 f1"
    assert place.live.fault is None
