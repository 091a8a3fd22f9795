"""Whoever writes a store may be killed at any moment: readers see the old snapshot or the new one, never a mix."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from features.store.replacement import beside
from tests.contracts.publisher import CUSTOMERS, publish, read

POINTS = 50
CYCLE = 0.12
"""Seconds that two snapshots and two removals take, about: kills fall anywhere in them."""


@contextmanager
def publishing(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that goes on publishing, killed at the end, once it has published its first snapshot."""
    command = [sys.executable, "-m", "tests.contracts.publisher", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "1\n"
        yield writer
        writer.send_signal(signal.SIGKILL)


def killed_at(path: Path, seconds: float) -> None:
    """Read all the time until the writer is killed, and afterwards."""
    seen = [(1, CUSTOMERS - 1)]
    with publishing(path):
        until = monotonic() + seconds
        while monotonic() < until:
            seen.append(read(path))
    seen.append(read(path))
    assert all(older[0] <= newer[0] for older, newer in pairwise(seen))
    assert {customers for _, customers in seen} <= {CUSTOMERS, CUSTOMERS - 1}


def kill_at_random(path: Path, points: int, random: Random) -> None:
    for number in range(points):
        killed_at(path, random.uniform(0, CYCLE))
        publish(path, 1000 + number)
        assert read(path) == (1000 + number, CUSTOMERS)
        assert list(path.parent.iterdir()) == [path]


def test_a_killed_writer_leaves_one_whole_snapshot(tmp_path: Path) -> None:
    kill_at_random(tmp_path / "online.sqlite", 6, Random(7))


@pytest.mark.slow
def test_a_killed_writer_leaves_one_whole_snapshot_wherever_it_dies(tmp_path: Path) -> None:
    kill_at_random(tmp_path / "online.sqlite", POINTS, Random(8))


def test_what_somebody_writes_just_now_is_not_swept_away(tmp_path: Path) -> None:
    path = tmp_path / "online.sqlite"
    left = tmp_path / ".online.sqlite.0123.tmp"
    left.write_text("of somebody who was killed")
    with beside(path) as first:
        assert not left.exists()
        first.write_text("half")
        publish(path, 1)
        assert first.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]
