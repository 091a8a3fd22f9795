"""The way of a release: parts pinned, gated, registered as one version, made the champion, and taken back."""

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from features.errors import InputError
from features.store import SqliteStore, StoreInfo
from training.registry import (
    REPLACES,
    Version,
    champion_of,
    find_version,
    make_champion,
    passed_gate,
    recorded_run,
    register_files,
    set_tag,
    tags_of,
)
from training.release.artifact import FinalRelease, write_artifact
from training.release.gate import judge
from training.release.parts import MODELS, open_part, pins
from training.release.rules import read_rules
from training.verdict import Verdict

RELEASE = "release"


@dataclass(frozen=True)
class Sources:
    """What a release is made from beside the registry: the store it is gated with, and marketers' two files."""

    store: Path
    catalogue: Path
    policy: Path


@dataclass(frozen=True)
class Released:
    """A registered release with its verdict; `replaced` was the champion before, and is it still unless `live`."""

    version: Version
    verdict: Verdict
    replaced: Version | None
    live: bool


def release(
    sources: Sources, pinned: Mapping[str, int], without: Collection[str], *, hold: bool = False
) -> Released:
    """Register the champions, or the pinned versions, with the rules as one version; the champion if it passes.

    With `hold` it is registered and judged alone. Raises `InputError` when there is nothing to release, and when
    store, rules or a model cannot be read at all; then nothing is registered.
    """
    store, rules = SqliteStore(sources.store), read_rules(sources.catalogue, sources.policy)
    versions, before = pins(pinned, without), champion_of(RELEASE)
    kept = {*models_of(before)}.difference(without) if before else set()
    with tempfile.TemporaryDirectory() as temporary:
        parts = [open_part(version, Path(temporary) / version.model) for version in versions]
        gated = judge(parts, rules, store, kept)
        final = FinalRelease(parts, rules, gated.golden, store.info.fingerprint, datetime.now(UTC))
        artifact = write_artifact(Path(temporary) / RELEASE, final)
        named = {part.name: str(part.version.number) for part in parts}
        with recorded_run(RELEASE, {**named, "rules": rules.digest}, _facts(store.info)):
            version = register_files(RELEASE, artifact, gated.verdict, named)
    live = gated.verdict.promoted and not hold
    if live:
        _go_live(version, before)
    return Released(version, gated.verdict, before, live)


def rollback(number: int | None) -> tuple[Version | None, Version]:
    """Move the alias to the version that the champion replaced, or to that number: the one left, the one live now.

    Raises `InputError` when there is none, or when it did not pass its gate; then the alias stays where it is.
    """
    left = champion_of(RELEASE)
    version = find_version(RELEASE, _replaced_by(left) if number is None else number)
    if not passed_gate(version):
        raise InputError(
            f"{RELEASE} version {version.number} has not passed its gate, so it cannot go live: name another one "
            "with --version"
        )
    _go_live(version, left)
    return left, version


def models_of(version: Version) -> dict[str, str]:
    """The models that a release pins, with their versions."""
    tags = tags_of(version)
    return {name: tags[name] for name in MODELS if name in tags}


def _replaced_by(version: Version | None) -> int:
    if version is None:
        raise InputError("no release is the champion, so there is none to leave: python -m training release")
    number = tags_of(version).get(REPLACES)
    if number is None:
        raise InputError(
            f"{RELEASE} version {version.number} replaced no other, so there is nothing to go back to: name one "
            "with --version"
        )
    return int(number)


def _go_live(version: Version, before: Version | None) -> None:
    """Only what is newer replaces, so that going back step by step comes to an end."""
    if before and before.number < version.number:
        set_tag(version, REPLACES, str(before.number))
    make_champion(version)


def _facts(info: StoreInfo) -> dict[str, str]:
    return {"feature_fingerprint": info.fingerprint, "as_of": info.as_of.isoformat()}
