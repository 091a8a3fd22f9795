"""A folder with everything that a service is told of."""

from collections.abc import Callable
from pathlib import Path

from features.store import StoreInfo, publish_sqlite
from serving.settings import Settings
from tests.serving.bundles.tiny import FULL_INFO, habits, release_into
from tests.serving.cross_sell.tiny import candidates
from tests.serving.next_best_offer.tiny import PROFILES, read_tiny
from tests.serving.tiny import ROWS


def settings_in(folder: Path) -> Settings:
    """Settings that name nothing outside the folder, in no hurry; of the files only the rules are there."""
    read_tiny(folder)
    return Settings(
        release=folder / "release",
        store=folder / "online.sqlite",
        catalogue=folder / "catalogue.toml",
        policy=folder / "policy.toml",
        ledger=f"sqlite:///{folder / 'ledger.sqlite'}",
        secret_file=folder / "secret",
        budget_ms=30_000,
    )


def variables(settings: Settings) -> dict[str, str]:
    """The same for the environment of a process."""
    named = ("release", "store", "catalogue", "policy", "ledger", "secret_file", "budget_ms")
    return {f"SERVING_{name.upper()}": str(getattr(settings, name)) for name in named}


def publish_full(settings: Settings, change: Callable[[StoreInfo], StoreInfo] = lambda info: info) -> None:
    """A release of all models and a store that knows all of its customers."""
    release_into(settings.release, "1")
    publish_store(settings, change)


def publish_store(settings: Settings, change: Callable[[StoreInfo], StoreInfo] = lambda info: info) -> None:
    """The store alone."""
    info, profiles = change(FULL_INFO), PROFILES.items()
    publish_sqlite(settings.store, info, ROWS, candidates(), habits(), profiles=profiles)
