"""Fresh processes, so that what a contestant holds in memory is its own, and what running ones have used."""

import os
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

MIB = 2**20 if sys.platform == "darwin" else 2**10
"""A MiB in the unit of ru_maxrss: bytes on a Mac, KiB elsewhere."""
PROC = Path("/proc")
"""Where Linux tells of running processes; what is read there cannot be measured elsewhere."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


def alone(work: Callable[_P, _T], *arguments: _P.args, **options: _P.kwargs) -> _T:
    """Do it in a fresh process, so that its peak memory is its own; what it raises is raised here.

    The process imports the modules of `work` and of the command line, and what these import.
    """
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *arguments, **options).result()


def peak_mib() -> float:
    """The most memory that this process ever held; on Linux not below what its parent held when it was started."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB


def tree(pid: int) -> list[int]:
    """A running process and all that it started, directly or not."""
    started = [
        int(child)
        for children in (PROC / str(pid) / "task").glob("*/children")
        for child in children.read_text().split()
    ]
    return [pid, *(one for child in started for one in tree(child))]


def processor_seconds(pid: int) -> float:
    """What a process and all that it started have used of the processors so far, to 10 ms."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = ((PROC / str(one) / "stat").read_text().rpartition(")")[2].split() for one in tree(pid))
    return sum(int(user) + int(system) for user, system in ((of[11], of[12]) for of in fields)) / ticks


def resident_mib(pid: int) -> float:
    """Memory of one process right now."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def handles(pid: int) -> int:
    """Open files and sockets of one process."""
    return len(list((PROC / str(pid) / "fd").iterdir()))
