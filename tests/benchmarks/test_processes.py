"""Work in fresh processes."""

import os

import pytest

from benchmarks.processes import alone, peak_mib


def test_work_is_done_in_another_process() -> None:
    assert alone(os.getpid) != os.getpid()
    assert alone(divmod, 7, 2) == (3, 1)


def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        alone(divmod, 7, 0)


def test_the_peak_is_some_mebibytes() -> None:
    assert 5 < peak_mib() < 100_000
