"""The demo as a user starts it, and that nothing is left running."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.asking import Service, ask
from tests.serving.running import ROOT, environment


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The demo as a user starts it."""
    command = [sys.executable, "-m", "demo", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment(), stdout=pipe, stderr=pipe, text=True)


def read_until(ran: "subprocess.Popen[str]", last: str) -> str:
    """What the demo tells up to and including a line, or to its end."""
    told = ""
    for line in ran.stdout or ():
        told += line
        if line == f"{last}\n":
            break
    return told


def test_bad_input_ends_in_the_step_that_finds_it(tmp_path: Path) -> None:
    ran = started(tmp_path, "--dataset", "nowhere.toml", "--exit")
    told, complained = ran.communicate()
    assert ran.returncode == 2
    assert "1/15  Check" in told
    assert "2/15" not in told
    assert complained.splitlines()[0].startswith("error: cannot read the dataset nowhere.toml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 1)]
)
def test_a_request_to_stop_leaves_nothing_running(number: signal.Signals, code: int, tmp_path: Path) -> None:
    (tmp_path / "held.toml").write_text(LABELLED)
    os.mkfifo(tmp_path / "subscribers.csv")  # whoever reads it waits for somebody to write
    ran = started(tmp_path, "--dataset", "held.toml")
    read_until(ran, "     python -m features check --dataset held.toml")
    ran.send_signal(number)
    ran.communicate()  # ends when nobody holds the pipes any more
    assert ran.returncode == code


LABELLED = """
name = "subscribers"
currency = "EUR"
[churn]
kind = "explicit"
[sources]
subscribers = { path = "subscribers.csv" }
[tables.customers]
source = "subscribers"
"""


def write_subscribers(folder: Path) -> Path:
    """A plain customer table with a label: who calls often has left, but for one in twenty, and the reverse."""
    rng = random.Random(4)
    rows = ["customer_id,calls,months,churned"]
    for number in range(10_000):
        calls = rng.randint(0, 9)
        label = "yes" if (calls > 6) ^ (rng.random() < 0.05) else "no"
        rows.append(f"{number:05d},{calls},{rng.randint(1, 60)},{label}")
    (folder / "subscribers.csv").write_text("\n".join(rows) + "\n")
    path = folder / "subscribers.toml"
    path.write_text(LABELLED)
    return path


def test_the_whole_road_on_a_plain_table(tmp_path: Path) -> None:
    path = write_subscribers(tmp_path)
    (tmp_path / "serving").mkdir()
    for name in ("catalogue.toml", "policy.toml"):
        shutil.copy(ROOT / "serving" / name, tmp_path / "serving" / name)
    ran = started(tmp_path, "--dataset", str(path))
    told = read_until(ran, "Serving until Ctrl-C.")
    places = dict(
        re.findall(r"^(service|its docs|MLflow) +http://127.0.0.1:(\d+(?:/docs)?)$", told, re.MULTILINE)
    )
    assert list(places) == ["service", "its docs", "MLflow"], told
    assert places["its docs"] == f"{places['service']}/docs"
    assert b"swagger" in ask(Service(int(places["service"]), ""), "/docs")
    assert b"MLflow" in ask(Service(int(places["MLflow"]), ""), "/")
    assert told.count("customer 0") == 3
    assert "raises the risk" in told
    assert "Answers by release while it was swapped, 0 errors" in told
    assert re.findall(r"^│ (\d) +│ churn \d +│ [\d,]+ +│$", told, re.MULTILINE) == ["1", "2", "1"]
    ran.send_signal(signal.SIGINT)
    ran.communicate()  # ends when nobody holds the pipes any more
    assert ran.returncode == 0
