"""Releases go live when they pass, pin what they say, and are taken back one after the other."""

import json
import re
from dataclasses import replace
from pathlib import Path

import mlflow
import pytest

from features.errors import InputError
from tests.registries import runs_of
from tests.training.release import made
from training.registry import REPLACES, VERDICT, Version, champion_of, find_version, tags_of
from training.release.pipeline import RELEASE, Released, Sources, models_of, release, rollback
from training.verdict import CHAMPION

pytestmark = pytest.mark.usefixtures("champions")


def released(sources: Sources, *, hold: bool = False, **pinned: int) -> Released:
    return release(sources, pinned, (), hold=hold)


def alone(sources: Sources, *, hold: bool = False) -> Released:
    """A release of bundles alone, which takes less time."""
    return release(sources, {}, ["churn", "cross_sell"], hold=hold)


def live() -> int | None:
    version = champion_of(RELEASE)
    return version.number if version else None


def downloaded(version: Version, folder: Path) -> Path:
    folder.mkdir()
    mlflow.artifacts.download_artifacts(f"models:/{RELEASE}/{version.number}", dst_path=str(folder))
    return folder


def test_the_champions_and_the_rules_become_one_version(sources: Sources, tmp_path: Path) -> None:
    first = released(sources)
    assert (first.version.number, first.replaced, first.live, live()) == (1, None, True, 1)
    folder = downloaded(first.version, tmp_path / "pulled")
    assert [path.name for path in folder.iterdir()] == ["release"]
    told = json.loads((folder / "release" / "release.json").read_text())
    assert [(model["name"], model["version"]) for model in told["models"]] == [
        ("churn", "1"),
        ("cross_sell", "1"),
        ("bundles", "1"),
    ]
    assert told["features"] == "f1"
    assert (folder / "release" / "policy.toml").read_text() == made.POLICY
    assert (folder / "release" / "catalogue.toml").read_text() == made.CATALOGUE
    assert {path.name for path in (folder / "release").iterdir()} == {
        "release.json",
        "golden.json",
        "catalogue.toml",
        "policy.toml",
        "checksums.json",
    }


def test_a_version_says_its_verdict_its_models_and_what_it_replaced(sources: Sources, tmp_path: Path) -> None:
    released(sources)
    made.registered(tmp_path / "better", "churn")
    second = released(sources)
    tags = tags_of(second.version)
    assert (second.replaced, second.live) == (find_version(RELEASE, 1), True)
    assert json.loads(tags[VERDICT]) == second.verdict.as_dict()
    assert tags[REPLACES] == "1"
    assert REPLACES not in tags_of(find_version(RELEASE, 1))
    assert models_of(second.version) == {"churn": "2", "cross_sell": "1", "bundles": "1"}
    assert runs_of(RELEASE)[0].data.params["churn"] == "2"


def test_a_release_that_fails_is_kept_with_its_reasons_and_does_not_go_live(
    sources: Sources, tmp_path: Path
) -> None:
    released(sources)
    made.registered(tmp_path / "worse", "churn", verdict=made.NO)
    second = released(sources, churn=2)
    assert not second.verdict.promoted
    assert (second.live, live()) == (False, 1)
    assert json.loads(tags_of(second.version)[VERDICT])["promoted"] is False
    assert REPLACES not in tags_of(second.version)
    with pytest.raises(InputError, match="release version 2 has not passed its gate, so it cannot go live"):
        rollback(2)
    assert live() == 1


def test_a_release_with_rules_that_nobody_can_read_does_not_go_live(sources: Sources) -> None:
    alone(sources)
    sources.policy.write_text("no = policy")
    assert not alone(sources).live
    assert live() == 1


def test_what_is_held_goes_live_when_it_is_named(sources: Sources) -> None:
    alone(sources)
    held = alone(sources, hold=True)
    assert (held.verdict.promoted, held.live, live()) == (True, False, 1)
    alone(sources)
    assert rollback(3) == (find_version(RELEASE, 3), find_version(RELEASE, 3))
    assert rollback(2) == (find_version(RELEASE, 3), held.version)
    with pytest.raises(InputError, match="release version 2 replaced no other"):
        rollback(None)
    rollback(1)
    rollback(2)
    assert rollback(None) == (held.version, find_version(RELEASE, 1))


def test_going_back_follows_what_was_replaced_and_comes_to_an_end(sources: Sources) -> None:
    for _ in range(3):
        alone(sources)
    assert rollback(None) == (find_version(RELEASE, 3), find_version(RELEASE, 2))
    assert rollback(None) == (find_version(RELEASE, 2), find_version(RELEASE, 1))
    with pytest.raises(
        InputError, match="release version 1 replaced no other, so there is nothing to go back to"
    ):
        rollback(None)
    assert live() == 1


def test_what_was_taken_back_is_not_gone_back_to(sources: Sources) -> None:
    alone(sources)
    alone(sources)
    rollback(None)
    assert alone(sources).replaced == find_version(RELEASE, 1)
    rollback(None)
    assert live() == 1


def test_models_and_rules_go_back_together(sources: Sources, tmp_path: Path) -> None:
    released(sources)
    made.registered(tmp_path / "better", "churn")
    sources.policy.write_text(made.POLICY.replace("8", "9"))
    released(sources)
    _, version = rollback(None)
    folder = downloaded(version, tmp_path / "pulled") / "release"
    assert (folder / "policy.toml").read_text() == made.POLICY
    assert json.loads((folder / "release.json").read_text())["models"][0]["version"] == "1"


def test_without_any_release_there_is_nothing_to_leave() -> None:
    with pytest.raises(InputError, match="no release is the champion, so there is none to leave"):
        rollback(None)


def test_a_version_that_is_not_there_is_one_sentence(sources: Sources) -> None:
    alone(sources)
    with pytest.raises(InputError, match=r"release has no version 9 \(known: 1\)"):
        rollback(9)


def test_a_version_that_nobody_has_judged_does_not_go_live(sources: Sources) -> None:
    alone(sources)
    client = mlflow.MlflowClient()
    client.create_model_version(RELEASE, "models:/churn/1")
    with pytest.raises(InputError, match="release version 2 has not passed its gate"):
        rollback(2)
    client.set_registered_model_alias(RELEASE, CHAMPION, "2")
    with pytest.raises(InputError, match="release version 2 replaced no other"):
        rollback(None)


def test_a_model_is_dropped_only_when_that_is_said(sources: Sources) -> None:
    released(sources)
    mlflow.MlflowClient().delete_registered_model_alias("bundles", CHAMPION)
    assert not released(sources).live
    assert release(sources, {}, ["bundles"]).live
    assert released(sources).live


@pytest.mark.parametrize("missing", ["store", "catalogue", "policy"])
def test_what_cannot_be_read_at_all_registers_nothing(sources: Sources, missing: str) -> None:
    gone = replace(sources, **{missing: Path("nowhere")})
    with pytest.raises(InputError, match="nowhere"):
        released(gone)
    assert champion_of(RELEASE) is None
    assert mlflow.get_experiment_by_name(RELEASE) is None


def test_no_customer_enters_the_registry(champions: Path, sources: Sources) -> None:
    released(sources)
    files = [path.read_bytes() for path in champions.rglob("*") if path.is_file()]
    assert len(files) > 5
    ids = re.compile(b"DE/4711|" + "Åse".encode() + rb"|DE\\/4711|\\u00c5se")
    assert not [content for content in files if ids.search(content)]
