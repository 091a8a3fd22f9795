"""Disks that one process sees alone: of a few megabytes, or that take no writes.

A process in a mount namespace of its own may mount what it likes. Where the machine forbids that, limits and
permissions of the process stand in: files that may not grow, and folders that nobody may write in.
"""

import os
import resource
import subprocess
from abc import abstractmethod
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Protocol

MEGABYTES = 2
_NAMESPACE = "unshare", "--map-root-user", "--mount"


WITHOUT_ROOTS_RIGHTS = (
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
)
"""A command within which permissions hold for root as for anybody."""


class Disk(Protocol):
    """Under one folder, for the process that is started within it."""

    within: tuple[str, ...]

    @abstractmethod
    def breaks(self, process: int) -> None:
        """From now on it takes no writes."""

    @abstractmethod
    def mends(self, process: int) -> None:
        """It takes them again."""


class SmallDisk(Disk):
    """A file system of its own, empty at first, that somebody else fills to the last byte."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        mounting = f'mount -t tmpfs -o size={MEGABYTES}m none "$0" && exec "$@"'
        self.within = *_NAMESPACE, "sh", "-c", mounting, str(folder)
        self._folder = folder

    def breaks(self, process: int) -> None:
        with self._filler(process).open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def mends(self, process: int) -> None:
        self._filler(process).unlink()

    def _filler(self, process: int) -> Path:
        return Path(f"/proc/{process}/root{self._folder}/filler")


class ReadOnlyDisk(Disk):
    """The folder as it is, mounted so that nobody may write in it: broken from the beginning."""

    def __init__(self, folder: Path) -> None:
        mounting = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        self.within = *_NAMESPACE, "sh", "-c", mounting, str(folder)
        self._folder = folder

    def breaks(self, process: int) -> None:
        """It is."""

    def mends(self, process: int) -> None:
        inside = "nsenter", "--target", str(process), "--user", "--mount", "--preserve-credentials"
        subprocess.run([*inside, "mount", "-o", "remount,bind,rw", str(self._folder)], check=True)


class LimitedFiles(Disk):
    """No file of the process may grow."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.within = ()
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def breaks(self, process: int) -> None:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, self._before[1]))

    def mends(self, process: int) -> None:
        resource.prlimit(process, resource.RLIMIT_FSIZE, self._before)


class ClosedFolder(Disk):
    """Nobody may write in the folder."""

    def __init__(self, folder: Path) -> None:
        self.within = WITHOUT_ROOTS_RIGHTS
        self._folder = folder
        self._allow(0o500, 0o400)

    def breaks(self, process: int) -> None:
        """It is."""

    def mends(self, process: int) -> None:
        self._allow(0o700, 0o600)

    def _allow(self, of_folder: int, of_files: int) -> None:
        for file in self._folder.iterdir():
            file.chmod(of_files)
        self._folder.chmod(of_folder)


@cache
def may_mount() -> bool:
    """Whether this machine lets a process have disks of its own."""
    return subprocess.run([*_NAMESPACE, "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0


def full_disk(folder: Path) -> Disk:
    """One that will have no room."""
    return SmallDisk(folder) if may_mount() else LimitedFiles(folder)


def read_only_disk(folder: Path) -> Disk:
    """One that nobody may write on."""
    return ReadOnlyDisk(folder) if may_mount() else ClosedFolder(folder)
