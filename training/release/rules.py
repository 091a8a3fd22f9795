"""Catalogue and policy as a release carries them: byte by byte as marketers wrote them.

What the rules mean is the service's business (`python -m serving policy check`); here they have to be readable.
"""

import csv
import hashlib
import tomllib
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from features.errors import InputError

POLICY = "policy.toml"
_DIGITS = 12


@dataclass(frozen=True)
class Rules:
    """The content of both files; `catalogue_name` is `catalogue.csv` or `catalogue.toml`."""

    catalogue_name: str
    catalogue: bytes
    policy: bytes

    @property
    def digest(self) -> str:
        """The first digits of the SHA-256 over both, a zero byte between them."""
        return hashlib.sha256(self.catalogue + b"\0" + self.policy).hexdigest()[:_DIGITS]

    def write(self, folder: Path) -> None:
        """Both files, as they were read."""
        (folder / self.catalogue_name).write_bytes(self.catalogue)
        (folder / POLICY).write_bytes(self.policy)

    def catalogue_version(self) -> str:
        """What the catalogue calls itself. Raises `ValueError` when it is no TOML or CSV with one version."""
        if self.catalogue_name.endswith(".csv"):
            return _only({row.get("version") for row in _rows(self.catalogue)})
        return _only({_toml(self.catalogue).get("version")})

    def policy_version(self) -> str:
        """What the policy calls itself. Raises `ValueError` when it is no TOML or has no version."""
        return _only({_toml(self.policy).get("version")})


def read_rules(catalogue: Path, policy: Path) -> Rules:
    """Both files as they are. Raises `InputError` when one cannot be read."""
    ending = ".csv" if catalogue.suffix.lower() == ".csv" else ".toml"
    return Rules(f"catalogue{ending}", _read(catalogue, "--catalogue"), _read(policy, "--policy"))


def _read(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror}; name the file with {option}") from fault


def _only(versions: set[object]) -> str:
    found = versions.pop() if len(versions) == 1 else None
    if not found:
        raise ValueError("it does not say one version")
    return str(found)


def _toml(content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError as fault:
        raise ValueError("it is nested too deep") from fault


def _rows(content: bytes) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except csv.Error as fault:
        raise ValueError(f"it is no CSV: {fault}") from fault
