"""The folder that workers share is there for one run, and what a killed run left is swept away."""

import signal
import subprocess
import sys
from pathlib import Path

from serving.process.shared import PREFIX, shared_folder
from tests.serving.running import environment

KILLED = """
import os, signal, sys
from pathlib import Path
from serving.process.shared import shared_folder
with shared_folder(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def folders(place: Path) -> int:
    return len(list(place.glob(f"{PREFIX}*")))


def test_a_folder_goes_with_its_run(tmp_path: Path) -> None:
    with shared_folder(tmp_path) as folder:
        (folder / "rates").write_bytes(b"x")
        assert folder.parent == tmp_path
    assert folders(tmp_path) == 0


def test_what_a_killed_run_left_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}beginning").mkdir()
    (tmp_path / "other").mkdir()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment(), check=False)
    assert (killed.returncode, folders(tmp_path)) == (-signal.SIGKILL, 2)
    with shared_folder(tmp_path) as first, shared_folder(tmp_path):
        assert folders(tmp_path) == 3
        assert first.exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == [f"{PREFIX}beginning", "other"]
