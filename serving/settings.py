"""Values of the process, from the environment (prefix SERVING_)."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from features.errors import InputError
from serving.release import ModelName

PREFIX = "SERVING_"
BUDGET_MS = 200
"""Milliseconds within which a next best offer is answered, unless somebody says otherwise."""
MOST_IN_FLIGHT = 64
"""Calls that one worker answers at once, unless somebody says otherwise."""


class Settings(BaseSettings):
    """Where the service listens, what it serves and from where it pulls."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    release: Path = Path("workspace/release")
    store: Path = Path("workspace/online.sqlite")
    catalogue: Path = Path("serving/catalogue.toml")
    policy: Path = Path("serving/policy.toml")
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
    drain_seconds: float = Field(default=5.0, ge=0)
    """How long a service that is told to stop says so by `/readyz` before it closes its socket."""
    ready_when_stale: bool = True
    """Whether a store past `stale_after_days` leaves the service ready."""
    stale_after_days: int | None = Field(default=None, ge=1)
    """Age of `as_of` in days beyond which answers say `stale: true`; None never says so."""
    models: Annotated[tuple[ModelName, ...], NoDecode] = ()
    """Registered models to pull, written with commas between; none takes each one that has the alias."""
    alias: str = "champion"
    tracking_uri: str = Field(
        default="sqlite:///mlflow.db",
        validation_alias=AliasChoices(f"{PREFIX}TRACKING_URI", "MLFLOW_TRACKING_URI"),
    )

    @field_validator("models", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    @property
    def stale_after(self) -> timedelta | None:
        """`stale_after_days` as a duration."""
        return None if self.stale_after_days is None else timedelta(days=self.stale_after_days)


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
