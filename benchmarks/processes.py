"""Fresh processes, so that what a contestant holds in memory is its own."""

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

MIB = 2**20 if sys.platform == "darwin" else 2**10
"""A MiB in the unit of ru_maxrss: bytes on a Mac, KiB elsewhere."""
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
