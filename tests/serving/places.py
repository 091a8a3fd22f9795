"""A folder with everything that a service is told of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from features.store import StoreInfo, publish_sqlite
from serving.live.live import Live
from serving.live.watch import Watch
from serving.settings import Settings
from tests.serving.bundles.tiny import FULL_INFO, habits, release_into
from tests.serving.cross_sell.tiny import candidates
from tests.serving.next_best_offer.tiny import PROFILES, rules_in
from tests.serving.rules import POLICY
from tests.serving.tiny import INFO, ROWS
from tests.serving.tiny import release_into as churn_into


def settings_in(folder: Path) -> Settings:
    """Settings that name nothing outside the folder, in no hurry; the rules are those of the release."""
    return Settings(
        release=folder / "release",
        store=folder / "online.sqlite",
        ledger=f"sqlite:///{folder / 'ledger.sqlite'}",
        secret_file=folder / "secret",
        keys=folder / "keys.json",
        budget_ms=30_000,
        drain_seconds=0,
    )


def with_rules_in(folder: Path, settings: Settings, *, policy: str = POLICY) -> Settings:
    """The same with rules of their own, which are files in a folder."""
    rules = rules_in(folder, policy=policy)
    return settings.model_copy(update=dict(zip(("catalogue", "policy"), rules.files, strict=True)))


def variables(settings: Settings) -> dict[str, str]:
    """The same for the environment of a process."""
    named = ("release", "store", "ledger", "secret_file", "keys", "budget_ms", "drain_seconds")
    return {f"SERVING_{name.upper()}": str(getattr(settings, name)) for name in named}


def publish_full(settings: Settings, change: Callable[[StoreInfo], StoreInfo] = lambda info: info) -> None:
    """A release of all models and a store that knows all of its customers."""
    release_into(settings.release, "1")
    publish_store(settings, change)


def publish_store(settings: Settings, change: Callable[[StoreInfo], StoreInfo] = lambda info: info) -> None:
    """The store alone."""
    info, profiles = change(FULL_INFO), PROFILES.items()
    publish_sqlite(settings.store, info, ROWS, candidates(), habits(), profiles=profiles)


class Place:
    """A release folder, a store file and files of rules, and the watch over them."""

    def __init__(self, folder: Path) -> None:
        self.settings = with_rules_in(folder, settings_in(folder))
        self.catalogue = folder / "catalogue.toml"
        self.policy = folder / "policy.toml"
        self.live = Live()
        self.watch = Watch(self.live, self.settings)

    def publish(self, fingerprint: str = "f1") -> None:
        publish_sqlite(self.settings.store, replace(INFO, fingerprint=fingerprint), ROWS)

    def release(self, version: str, fingerprint: str = "f1") -> Path:
        def change(files: dict[str, Any]) -> None:
            files["model.json"]["fingerprint"] = fingerprint

        return churn_into(self.settings.release, version, change)

    def served(self) -> str | None:
        """Version, fingerprint and the right score, as one answer shows them."""
        self.watch.refresh()
        if self.live.served is None or self.live.served.churn is None:
            return None
        answer = self.live.served.churn.answer("1", 0)
        assert answer is not None
        assert answer.probability is not None
        return f"{answer.model.version} {self.live.served.store.info.fingerprint}"

    def has_ledger(self) -> bool:
        return self.live.ledger is not None
