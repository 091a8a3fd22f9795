"""The challenger's values, and the wait for a release to be swapped in."""

from pathlib import Path

import pytest

from demo import challenger
from demo.challenger import live_release, wait_for_swap, write_challenger
from features.errors import InputError
from features.store import publish_sqlite
from tests.demo.conftest import Start
from tests.serving.tiny import INFO, ROWS, release_into
from training.config import read_config


def test_the_challenger_has_fewer_trees_and_all_other_values_of_the_repository(tmp_path: Path) -> None:
    write_challenger(tmp_path / "challenger.toml")
    usual, other = read_config().flat(), read_config(tmp_path / "challenger.toml").flat()
    assert {name: (usual[name], value) for name, value in other.items() if value != usual[name]} == {
        "churn.origins": (4, 2),
        "churn.shares_of_trees": ((1.0, 0.75, 0.5), (0.75,)),
        "churn.trees.boosters": (3, 2),
    }


def test_a_swap_is_waited_for_until_another_release_answers(start: Start, tmp_path: Path) -> None:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    service = start()
    assert live_release(service) == "1"
    release_into(tmp_path / "release", "2")
    assert wait_for_swap(service, "1") == "2"
    release_into(tmp_path / "release", "1")
    assert wait_for_swap(service, "2") == "1"


def test_a_swap_that_does_not_come_is_told_with_the_reason(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    service = start()
    monkeypatch.setattr(challenger, "SWAPPING_SECONDS", 0.0)
    with pytest.raises(InputError, match="the service goes on with release 1: it looks for no newer one"):
        wait_for_swap(service, "1")
