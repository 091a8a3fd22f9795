"""Trained once: a market, a plain table with a label, one with dates of leaving, and a grocer who cross-sells."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from features.workspace import open_workspace
from tests.basketry import write_basketry
from tests.market import write_config, write_grocer, write_leavers, write_market, write_subscribers
from tests.registries import registry_in
from tests.training.shell import Shell
from training.bundles import pipeline as bundles
from training.bundles.findings import Findings as BundleFindings
from training.churn.pipeline import record, train_churn
from training.churn.report import Findings
from training.config import Config, read_config
from training.cross_sell import pipeline
from training.cross_sell.findings import Findings as CrossSellFindings
from training.registry import Version


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return read_config(write_config(tmp_path_factory.mktemp("config")))


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory, quick: Config) -> Findings:
    return trained(write_market, tmp_path_factory.mktemp("market"), quick)


@pytest.fixture(scope="session")
def subscribers(tmp_path_factory: pytest.TempPathFactory, quick: Config) -> Findings:
    return trained(write_subscribers, tmp_path_factory.mktemp("subscribers"), quick)


@pytest.fixture(scope="session")
def leavers(tmp_path_factory: pytest.TempPathFactory, quick: Config) -> Findings:
    return trained(write_leavers, tmp_path_factory.mktemp("leavers"), quick)


@pytest.fixture(scope="session")
def grocer(tmp_path_factory: pytest.TempPathFactory, quick: Config) -> CrossSellFindings:
    folder = tmp_path_factory.mktemp("grocer")
    opened = open_workspace(write_grocer(folder), folder / "workspace")
    declared = pipeline.declared_cross_sell(opened.dataset, None)
    return pipeline.train_cross_sell(opened, declared, quick.cross_sell)


def trained(write: Callable[[Path], Path], folder: Path, config: Config) -> Findings:
    return train_churn(open_workspace(write(folder), folder / "workspace"), config)


@pytest.fixture(scope="session")
def new_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry that nobody has used: copied, never changed."""
    folder = tmp_path_factory.mktemp("new-registry")
    with registry_in(folder):
        return folder


@pytest.fixture
def registry(tmp_path: Path, new_registry: Path) -> Iterator[Path]:
    """The folder of an empty registry in use."""
    with registry_in(tmp_path / "registry", copied_from=new_registry) as folder:
        yield folder


@pytest.fixture(scope="session")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, new_registry: Path, market: Findings, quick: Config
) -> tuple[Path, Version]:
    """A registry with one version of the market's model: read or copied, never changed."""
    folder = tmp_path_factory.mktemp("recorded")
    with registry_in(folder, copied_from=new_registry):
        return folder, record(market, quick)


@pytest.fixture(scope="session")
def recorded_grocer(
    tmp_path_factory: pytest.TempPathFactory, new_registry: Path, grocer: CrossSellFindings, quick: Config
) -> tuple[Path, Version]:
    """A registry with one version of the grocer's cross-sell model: read or copied, never changed."""
    folder = tmp_path_factory.mktemp("recorded-grocer")
    with registry_in(folder, copied_from=new_registry):
        return folder, pipeline.record(grocer, quick)


@pytest.fixture
def grocer_registry(tmp_path: Path, recorded_grocer: tuple[Path, Version]) -> Iterator[Version]:
    """The one version of the grocer's registry in use, whose files lie where they were logged."""
    folder, version = recorded_grocer
    with registry_in(tmp_path / "registry", copied_from=folder):
        yield version


@pytest.fixture
def used_registry(tmp_path: Path, recorded: tuple[Path, Version]) -> Iterator[Version]:
    """The one version of a registry in use, whose files lie where they were logged."""
    folder, version = recorded
    with registry_in(tmp_path / "registry", copied_from=folder):
        yield version


@pytest.fixture(scope="session")
def basketry(tmp_path_factory: pytest.TempPathFactory, quick: Config) -> BundleFindings:
    folder = tmp_path_factory.mktemp("basketry")
    opened = open_workspace(write_basketry(folder), folder / "workspace")
    declared = bundles.declared_bundles(opened.dataset, None)
    return bundles.train_bundles(opened, declared, quick.bundles)


@pytest.fixture(scope="session")
def recorded_basketry(
    tmp_path_factory: pytest.TempPathFactory, new_registry: Path, basketry: BundleFindings, quick: Config
) -> tuple[Path, Version]:
    """A registry with one version of the bundles: read or copied, never changed."""
    folder = tmp_path_factory.mktemp("recorded-basketry")
    with registry_in(folder, copied_from=new_registry):
        return folder, bundles.record(basketry, quick)


@pytest.fixture
def basketry_registry(tmp_path: Path, recorded_basketry: tuple[Path, Version]) -> Iterator[Version]:
    """The one version of the bundles' registry in use, whose files lie where they were logged."""
    folder, version = recorded_basketry
    with registry_in(tmp_path / "registry", copied_from=folder):
        yield version


@pytest.fixture
def shell(registry: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(registry.parent)
    return Shell(monkeypatch, capsys)
