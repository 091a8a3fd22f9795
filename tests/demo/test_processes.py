"""Children end with the block, whatever they do."""

import os
from pathlib import Path

import pytest

from demo.processes import Children

HOLD = "import time; held = open('held', 'w'); time.sleep(600)"
"""Holds the pipe `held` open for as long as it lives."""
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {HOLD}"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"


@pytest.mark.parametrize("code", [HOLD, STUBBORN, PARENT], ids=["plain", "stubborn", "with a child"])
def test_children_end_with_the_block(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("held")
    with Children(patience=0.2) as children:
        child = children.start("-c", code)
        held = Path("held").open()  # noqa: SIM115 - waits until the child has opened it, too
    assert child.returncode is not None
    with held:
        assert held.read() == ""  # ends when nobody holds the other end any more


def test_what_a_child_says_goes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Children() as children:
        children.start("-c", "import sys; print('out'); print('err', file=sys.stderr)", log=log).wait()
    assert sorted(log.read_text().split()) == ["err", "out"]
