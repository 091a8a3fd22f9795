"""A folder with everything that a service is told of."""

from pathlib import Path

from serving.settings import Settings
from tests.serving.next_best_offer.tiny import read_tiny


def settings_in(folder: Path) -> Settings:
    """Settings that name nothing outside the folder; catalogue and policy are there, the rest is to come."""
    read_tiny(folder)
    return Settings(
        release=folder / "release",
        store=folder / "online.sqlite",
        catalogue=folder / "catalogue.toml",
        policy=folder / "policy.toml",
        ledger=f"sqlite:///{folder / 'ledger.sqlite'}",
        secret_file=folder / "secret",
    )


def variables(settings: Settings) -> dict[str, str]:
    """The same for the environment of a process."""
    named = ("release", "store", "catalogue", "policy", "ledger", "secret_file")
    return {f"SERVING_{name.upper()}": str(getattr(settings, name)) for name in named}
