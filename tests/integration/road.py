"""The command lines of all packages, run in one folder as a user would, and the service over what they leave."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.live.live import Live
from serving.live.watch import Watch
from serving.settings import Settings
from tests.market import CANARY, write_config
from tests.registries import registry_in
from tests.serving.callers import HEADER, keyring
from tests.serving.rules import CATALOGUE, POLICY

_CATALOGUE, _POLICY = "catalogue.toml", "policy.toml"


@dataclass(frozen=True)
class Place:
    """Where a user works: the declared dataset, the experiment values and what the commands write."""

    dataset: Path
    config: Path
    workspace: Path

    @property
    def store(self) -> Path:
        return self.workspace / "online.sqlite"

    @property
    def release(self) -> Path:
        return self.workspace / "release"

    @property
    def naming_customers(self) -> list[Path]:
        """Files of the registry, and of the release on disk, that hold an id of a customer."""
        places = (self.workspace.parent / "registry", self.release)
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        assert {"mlflow.db", "MLmodel", "model_card.md", "release.json"} <= {path.name for path in files}
        return [path for path in files if CANARY.encode() in _content(path)]

    @property
    def data(self) -> tuple[object, ...]:
        """The options that name the dataset and the workspace."""
        return ("--dataset", self.dataset, "--workspace", self.workspace)

    @property
    def gated_with(self) -> tuple[object, ...]:
        """The options that name the store and the rules of a release."""
        rules = self.dataset.parent
        return ("--store", self.store, "--catalogue", rules / _CATALOGUE, "--policy", rules / _POLICY)

    @property
    def experiment(self) -> tuple[object, ...]:
        """The options that name the experiment values."""
        return ("--config", self.config)


@contextmanager
def working_in(folder: Path, write: Callable[[Path], Path], new_registry: Path) -> Iterator[Place]:
    """Write a dataset and work in a folder with a registry of its own; nothing may be written elsewhere in it."""
    place = Place(write(folder / "data"), write_config(folder), folder / "workspace")
    _write_rules(place.dataset.parent)
    registry = registry_in(folder / "registry", copied_from=new_registry)
    with pytest.MonkeyPatch.context() as patch, registry:
        patch.chdir(folder)
        yield place
    assert {path.name for path in folder.iterdir()} == {"config.toml", "data", "registry", "workspace"}


def _content(path: Path) -> bytes:
    """What a file says; the columns of Parquet are compressed."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv().encode()
    return path.read_bytes()


def _write_rules(folder: Path) -> None:
    """Tiny ones, in the currency of the made-up data: the shipped ones ask for features that it lacks."""
    (folder / _CATALOGUE).write_text(CATALOGUE.replace('currency = "USD"', 'currency = "EUR"'))
    (folder / _POLICY).write_text(POLICY)


def run(main: Callable[[], None], *arguments: object) -> str:
    """Run the `main` of a package with arguments; it has to succeed, and the last line it said is given back."""
    said, complained = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
        patch.setattr(sys, "argv", ["command", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code, said.getvalue() + complained.getvalue()
    return said.getvalue().splitlines()[-1]


def served(place: Place) -> TestClient:
    """The service over what was published and pulled."""
    live = Live()
    ledger, secret = f"sqlite:///{place.workspace / 'ledger.sqlite'}", place.workspace / "secret"
    settings = Settings(release=place.release, store=place.store, ledger=ledger, secret_file=secret)
    Watch(live, settings).refresh()
    return TestClient(create_app(live, keyring=keyring()), headers=HEADER)
