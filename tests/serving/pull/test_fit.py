"""A release that does not fit the published store does not go live, until another store is published."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from serving.__main__ import commands
from serving.live.models import load_live
from serving.pull.fit import misfit
from serving.pull.once import pull
from serving.pull.registry import PullError, Registry
from serving.release import NAMES, live_folder
from serving.settings import Settings
from tests.serving.places import publish_store, settings_in, with_rules_in
from tests.serving.pull.filled import FilledRegistry
from tests.serving.releases import go_live
from tests.serving.tiny import write_artifact

pytestmark = [  # MLflow's own, when it is imported
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
]


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Those of a folder where nothing is yet."""
    return settings_in(tmp_path)


def unknown(files: dict[str, Any]) -> None:
    """Rules that no store knows."""
    files["catalogue.toml"] = files["catalogue.toml"].replace("churn_band", "churn_bnad")


def brought(registry: Registry, alias: str, settings: Settings) -> str:
    """The version that a pull made live."""
    pull(registry, alias, settings.release, misfit=partial(misfit, settings))
    return load_live(settings.release).release.version


def test_rules_that_the_store_does_not_know_leave_the_old_release(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    publish_store(empty)
    models: dict[str, str] = {name: filled.model(name) for name in NAMES}
    first = filled.release(alias, models)
    assert brought(registry, alias, empty) == first
    before = sorted(empty.release.rglob("*"))
    second = filled.release(alias, models, unknown)
    sentence = (
        rf"^release {second} is refused: it does not fit the store .*did you mean .*publish the store first"
    )
    with pytest.raises(PullError, match=sentence) as refused:
        brought(registry, alias, empty)
    assert refused.value.kind == f"misfit {second}"
    assert ".pull-" not in str(refused.value)
    assert sorted(empty.release.rglob("*")) == before


def test_a_model_that_does_not_fit_the_store_waits_for_one_that_it_fits(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    publish_store(empty, lambda info: replace(info, fingerprint="f2"))
    version = filled.release(alias, {"churn": filled.model("churn")})
    with pytest.raises(PullError, match="different features"):
        brought(registry, alias, empty)
    publish_store(empty)
    assert brought(registry, alias, empty) == version


def test_a_broken_store_lets_nothing_new_go_live(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    empty.store.write_bytes(b"garbage")
    filled.release(alias, {"churn": filled.model("churn")})
    with pytest.raises(PullError, match=r"online\.sqlite"):
        brought(registry, alias, empty)


def test_what_answers_in_the_place_of_a_broken_live_release_is_not_silenced(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    publish_store(empty)
    churn = {"churn": filled.model("churn")}
    for _ in range(2):
        filled.release(alias, churn)
        brought(registry, alias, empty)
    (live_folder(empty.release) / "churn" / "booster.txt").unlink()
    filled.release(alias, churn, unknown)
    with pytest.raises(PullError, match="did you mean"):
        brought(registry, alias, empty)


def test_a_live_release_whose_rules_cannot_be_read_any_more_is_replaced(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    publish_store(empty)
    staged = empty.release / "staged"
    write_artifact(staged / "churn")
    go_live(empty.release, staged, "1", lambda files: files.update({"policy.toml": "no = TOML = at all"}))
    version = filled.release(alias, {"churn": filled.model("churn")})
    assert brought(registry, alias, empty) == version


def test_without_a_store_or_beside_files_of_rules_it_cannot_be_told(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings, tmp_path: Path
) -> None:
    first = filled.release(alias, {"churn": filled.model("churn")}, unknown)
    assert brought(registry, alias, empty) == first
    publish_store(empty)
    second = filled.release(alias, {"churn": filled.model("churn")}, unknown)
    assert brought(registry, alias, with_rules_in(tmp_path, empty)) == second


def test_a_first_release_may_have_rules_that_are_not_written_for_the_store(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    publish_store(empty)
    first = filled.release(alias, {"churn": filled.model("churn")}, unknown)
    assert brought(registry, alias, empty) == first
    second = filled.release(alias, {"churn": filled.model("churn")}, unknown)
    assert brought(registry, alias, empty) == second


def test_the_command_looks_at_the_store_of_the_service(
    filled: FilledRegistry, registry: Registry, alias: str, empty: Settings
) -> None:
    publish_store(empty)
    filled.release(alias, {"churn": filled.model("churn")})
    brought(registry, alias, empty)
    filled.release(alias, {"churn": filled.model("churn")}, unknown)
    command = ["pull", "--alias", alias, "--tracking-uri", filled.uri, "--release", str(empty.release)]
    result = CliRunner().invoke(commands, [*command, "--store", str(empty.store)])
    assert result.exit_code != 0
    assert "does not fit the store" in str(result.exception or result.output)
