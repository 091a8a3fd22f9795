"""One pull: the release behind an alias comes to disk, is proven, and becomes the live one, or nothing changes."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from features.errors import InputError
from serving.live.models import Models, load_models, release_of, verify_release
from serving.pull.registry import MODEL, BrokenReleaseError, Found, PullError, Registry
from serving.release import (
    ARTIFACT,
    Pulled,
    Release,
    live_folder,
    read_artifact,
    read_pulled,
    switch,
    write_pulled,
)
from serving.scoring.artifact import ModelError

STAGING = ".pull-"


Misfit = Callable[[Models], str | None]
"""Says why a release that is whole may not go live, or None."""


def pull(
    registry: Registry,
    alias: str,
    destination: Path,
    refused: Found | None = None,
    *,
    misfit: Misfit = lambda _: None,
) -> tuple[Release, bool]:
    """Make the release behind an alias the live one of a folder; what is live now, and whether that is new.

    Nothing is downloaded when it is live already and whole. The downloads are verified, loaded and scored before
    the switch; after any failure the old release stays live and nothing of the new one stays. Raises `PullError`
    when the registry does not give a part, when there is a `misfit` and when the folder cannot be written,
    `BrokenReleaseError` when a part is broken, and without a download for what was `refused` before.
    """
    found = registry.find(alias)
    if found == refused:
        raise BrokenReleaseError(
            found,
            f"{MODEL} {found.version} was refused as broken: it is brought again when {alias} has pointed at "
            "another one, or by python -m serving pull without --every",
        )
    try:
        with _alone(destination):
            if (live := _live(found, alias, destination)) is not None:
                return live, False
            return _bring(registry, found, alias, destination, misfit), True
    except OSError as fault:
        raise PullError("disk", f"{destination} cannot be written: {fault}") from fault


def _bring(registry: Registry, found: Found, alias: str, destination: Path, misfit: Misfit) -> Release:
    with tempfile.TemporaryDirectory(
        prefix=STAGING, dir=destination, ignore_cleanup_errors=True
    ) as temporary:
        staged, label = Path(temporary, "staged"), f"{MODEL} {found.version}"
        try:
            _download(registry, found, staged)
            write_pulled(staged, _pulled(found, alias))
            models = load_models(staged)
        except PullError:
            raise
        except InputError as fault:
            said = str(fault).replace(str(staged), label)
            raise BrokenReleaseError(found, f"{label} is refused: {said}") from fault
        if (why := misfit(models)) is not None:  # another store may be published: worth another pull
            said = why.replace(str(staged), label)
            raise PullError(f"misfit {found.version}", f"{label} is refused: {said}")
        switch(destination, staged, _whole)
    return models.release


def _pulled(found: Found, alias: str) -> Pulled:
    return Pulled(
        version=found.version,
        run_id=found.run_id,
        replaces=found.replaces,
        alias=alias,
        pulled_at=datetime.now(UTC),
    )


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """One pull at a time into a folder; what an earlier one left when it was killed is removed."""
    destination.mkdir(parents=True, exist_ok=True)
    with (destination / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in destination.glob(f"{STAGING}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _live(found: Found, alias: str, destination: Path) -> Release | None:
    """What is live, when it is what was found and no file of it is missing or altered."""
    try:
        folder = live_folder(destination)
        pulled = read_pulled(folder)
        artifact = verify_release(folder)
    except (ModelError, OSError):
        return None
    same = (pulled.version, pulled.run_id, pulled.alias) == (found.version, found.run_id, alias)
    return release_of(artifact, pulled) if same else None


def _whole(folder: Path) -> bool:
    """Whether every file of a pulled release is there and has its checksum."""
    try:
        verify_release(folder)
    except (ModelError, OSError):
        return False
    return True


def _download(registry: Registry, found: Found, staged: Path) -> None:
    """Bring the release and the models that it pins, beside each other in a new folder."""
    staged.mkdir()
    downloads = staged.with_name("downloads")
    release = registry.download(MODEL, found.version, downloads / MODEL)
    _move(release / ARTIFACT, staged / ARTIFACT, f"{MODEL} {found.version}")
    for pinned in read_artifact(staged / ARTIFACT).contents.models:
        model = registry.download(pinned.name, pinned.version, downloads / pinned.name)
        artifacts = model / "artifacts" / pinned.name
        _move(artifacts, staged / pinned.name, f"{pinned.name} {pinned.version}")


def _move(source: Path, target: Path, label: str) -> None:
    if not source.is_dir():
        raise PullError(
            "download",
            f"{label} has no folder {source.name} in the registry: its files are gone, or it is none of ours",
        )
    source.rename(target)
