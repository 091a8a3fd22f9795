"""Values of the process, from the environment (prefix SERVING_)."""

import os
from datetime import timedelta
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import InputError

PREFIX = "SERVING_"
BUDGET_MS = 200
"""Milliseconds within which a next best offer is answered, unless somebody says otherwise."""
MOST_IN_FLIGHT = 64
"""Calls that one worker answers at once, unless somebody says otherwise."""


class Settings(BaseSettings):
    """Where the service listens, what it serves and from where it pulls."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    release: Path = Path("workspace/release")
    store: Path = Path("workspace/online.sqlite")
    catalogue: Path | None = None
    policy: Path | None = None
    """The files to decide by; None takes those of the release."""
    ledger: str = "sqlite:///workspace/ledger.sqlite"
    """URL of the database that holds decisions and outcomes: SQLite or PostgreSQL."""
    secret_file: Path = Path("workspace/secret")
    """The key of the ledger's hashes, made when it is missing; all workers share it."""
    budget_ms: int = Field(default=BUDGET_MS, ge=1)
    """Milliseconds within which a next best offer is answered, with a flagged default if need be."""
    keys: Path = Path("workspace/keys.json")
    """The keys of callers, as hashes; made by `python -m serving keys create`."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes that share the port."""
    most_in_flight: int = Field(default=MOST_IN_FLIGHT, ge=1)
    """Calls that one worker answers at once; what comes beyond is told to try again."""
    drain_seconds: float = Field(default=5.0, ge=0, le=3600)
    """How long a service that is told to stop says so by `/readyz` before it closes its socket."""
    ready_when_stale: bool = True
    """Whether a store past `stale_after_days` leaves the service ready."""
    stale_after_days: int | None = Field(default=None, ge=1, le=36_500)
    """Age of `as_of` in days beyond which answers say `stale: true`; None never says so."""
    alias: str = "champion"
    tracking_uri: str = Field(
        default="sqlite:///mlflow.db",
        validation_alias=AliasChoices(f"{PREFIX}TRACKING_URI", "MLFLOW_TRACKING_URI"),
    )

    @property
    def stale_after(self) -> timedelta | None:
        """`stale_after_days` as a duration."""
        return None if self.stale_after_days is None else timedelta(days=self.stale_after_days)

    @property
    def rule_files(self) -> tuple[Path, Path] | None:
        """Catalogue and policy when they are files, None for those of the release.

        Raises `InputError` for one without the other.
        """
        if self.catalogue is None and self.policy is None:
            return None
        if self.catalogue is None or self.policy is None:
            raise InputError(
                "catalogue and policy go together: give both, or neither for those of the release "
                "(SERVING_CATALOGUE and SERVING_POLICY, --catalogue and --policy)"
            )
        return self.catalogue, self.policy


def read_settings() -> Settings:
    """The settings of this process. Raises `InputError` for an unknown or unusable SERVING_ variable."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise InputError(f"{name} is no setting; there are {', '.join(sorted(known))}")
    try:
        return Settings()
    except ValidationError as fault:
        first = fault.errors()[0]
        name = PREFIX + str(first["loc"][0]).removeprefix(PREFIX).upper()
        raise InputError(f"{name}: {first['msg']}") from fault
