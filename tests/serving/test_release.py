"""One pointer says what is live."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.artifact import ModelError
from serving.release import CURRENT, KEPT, live_folder, read_release
from tests.serving.cross_sell.tiny import release_into as both_into
from tests.serving.tiny import release_into


def test_the_switched_release_is_the_live_one(tmp_path: Path) -> None:
    folder = release_into(tmp_path, "3")
    assert live_folder(tmp_path) == folder
    assert [model.version for model in read_release(folder).models] == ["3"]


def test_a_folder_is_named_after_its_models(tmp_path: Path) -> None:
    assert both_into(tmp_path, "3").name.startswith("churn-3-cross_sell-3-")


def test_a_switch_keeps_the_release_before_it_and_no_older_one(tmp_path: Path) -> None:
    folders = [release_into(tmp_path, str(version)) for version in range(1, 6)]
    left = {path for path in tmp_path.iterdir() if path.is_dir()}
    assert left == set(folders[-KEPT:])
    assert live_folder(tmp_path) == folders[-1]
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {CURRENT}


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (root / CURRENT).unlink(),
        lambda root: (root / CURRENT).write_text(""),
        lambda root: (root / CURRENT).write_text("churn-9-nowhere"),
        lambda root: (root / CURRENT).write_text("../elsewhere"),
        lambda root: (root / CURRENT).write_text("."),
        lambda root: (root / CURRENT).write_bytes(b"\xff\xfe"),
    ],
    ids=["missing", "empty", "dangling", "outside", "itself", "garbage"],
)
def test_a_broken_pointer_says_what_to_run(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    (tmp_path / "elsewhere").mkdir()
    root = tmp_path / "release"
    release_into(root, "3")
    damage(root)
    with pytest.raises(ModelError, match="python -m serving pull"):
        live_folder(root)


CHURN = '{"name": "churn", "version": "1", "run_id": null}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"models": [], "alias": "a", "pulled_at": "2026-01-03T00:00:00Z"}',
        f'{{"models": [{CHURN}], "alias": "a", "pulled_at": "2026-01-03T00:00:00Z", "surprise": 1}}',
        f'{{"models": [{CHURN}, {CHURN}], "alias": "a", "pulled_at": "2026-01-03T00:00:00Z"}}',
        f'{{"models": [{CHURN.replace("churn", "x")}], "alias": "a", "pulled_at": "2026-01-03T00:00:00Z"}}',
        '{"model": "churn", "version": "1", "run_id": null, "alias": "a", "pulled_at": "2026-01-03T00:00:00Z"}',
    ],
    ids=["empty", "nothing", "no-model", "surprise", "twice", "unknown", "one-model-of-old"],
)
def test_a_garbled_release_file_says_what_to_run(tmp_path: Path, text: str) -> None:
    folder = release_into(tmp_path, "3")
    (folder / "release.json").write_text(text)
    with pytest.raises(ModelError, match="python -m serving pull"):
        read_release(folder)
