"""Three tiny champions in a registry, and the store and rules that they go live with."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from features.store import SqliteStore
from tests.registries import registry_in
from tests.training.release import made
from training.registry import champion_of
from training.release.parts import MODELS, Part, open_part
from training.release.pipeline import Sources
from training.release.rules import Rules, read_rules


@pytest.fixture(scope="session")
def three_champions(tmp_path_factory: pytest.TempPathFactory, new_registry: Path) -> Path:
    """A registry in which every model has a champion: read or copied, never changed."""
    folder = tmp_path_factory.mktemp("three-champions")
    with registry_in(folder, copied_from=new_registry):
        for model in MODELS:
            made.registered(folder / "artifacts", model)
    return folder


@pytest.fixture
def champions(tmp_path: Path, three_champions: Path) -> Iterator[Path]:
    """The folder of a registry in use, in which every model has a champion."""
    with registry_in(tmp_path / "registry", copied_from=three_champions) as folder:
        yield folder


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return made.sources(tmp_path / "sources")


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory, three_champions: Path) -> Mapping[str, Part]:
    """The three champions as parts of a release."""
    folder = tmp_path_factory.mktemp("parts")
    with registry_in(folder / "registry", copied_from=three_champions):
        versions = [champion_of(model) for model in MODELS]
        return {one.model: open_part(one, folder / one.model) for one in versions if one is not None}


@pytest.fixture
def store(sources: Sources) -> SqliteStore:
    return SqliteStore(sources.store)


@pytest.fixture
def rules(sources: Sources) -> Rules:
    return read_rules(sources.catalogue, sources.policy)
