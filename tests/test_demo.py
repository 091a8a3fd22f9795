"""The demo: whom it asks for, how it shows an answer, and that nothing is left running, whatever happens."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

import demo
from features.errors import InputError
from features.store import publish_sqlite
from serving.churn.schemas import ChurnAnswer, Reason
from serving.schemas import ServedModel
from tests.market import write_grocer, write_market
from tests.serving.process import ROOT, Process, environment
from tests.serving.tiny import INFO, ROWS, release_into

HOLD = "import time; held = open('held', 'w'); time.sleep(600)"
"""Holds the pipe `held` open for as long as it lives."""
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {HOLD}"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"


def answer(customer_id: str, probability: float | None, *reasons: Reason) -> ChurnAnswer:
    """High from 0.6, medium from 0.3, lapsed without a probability."""
    band: Literal["high", "medium", "low"] | None = None
    if probability is not None:
        band = "high" if probability >= 0.6 else "medium" if probability >= 0.3 else "low"
    return ChurnAnswer(
        customer_id=customer_id,
        status="active" if band else "lapsed",
        probability=probability,
        band=band,
        summary="71 % likely to buy nothing in the 28 days after 2017-12-04.",
        horizon_days=28,
        definition="Churn means: bought, then buys nothing.",
        as_of=datetime(2017, 12, 4, tzinfo=UTC),
        reasons=list(reasons),
        model=ServedModel(name="churn", version="3"),
        stale=False,
    )


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"a": 0.9, "b": 0.7, "c": 0.6, "d": 0.4, "e": 0.1, "f": 0.2, "g": None}, ["b", "d", "f"]),
        ({"a": 0.9, "g": None, "b": 0.1}, ["a", "b", "g"]),
        ({"a": 0.1, "b": 0.1}, ["b"]),
        ({}, []),
    ],
    ids=["the middle of each band", "who lapsed instead of an empty band", "only one kind", "nobody"],
)
def test_customers_that_differ_are_chosen(found: dict[str, float | None], chosen: list[str]) -> None:
    answers = [answer(customer_id, probability) for customer_id, probability in found.items()]
    assert demo.choose(answers) == chosen
    assert demo.choose(answers[::-1]) == chosen


def shown(found: ChurnAnswer) -> str:
    text = StringIO()
    Console(file=text, width=100).print(demo.panel(found))
    return text.getvalue()


def test_an_answer_is_shown_with_its_band_and_its_reasons_in_words() -> None:
    late = Reason(
        feature="x", value=41, words="last purchase 41 days ago", direction="raises", contribution=1
    )
    often = Reason(feature="y", value=9, words="9 baskets [all] so far", direction="lowers", contribution=-1)
    text = shown(answer("[b]7", 0.71, late, often))
    assert "customer [b]7: high" in text
    assert "71 % likely to buy nothing in the 28 days after 2017-12-04." in text
    assert "▲ raises the risk: last purchase 41 days ago" in text
    assert "▼ lowers the risk: 9 baskets [all] so far" in text
    assert "churn 3, known as of 2017-12-04" in text


def test_who_lapsed_is_shown_as_such() -> None:
    assert "customer 8: lapsed" in shown(answer("8", None))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Process]:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    running = Process(tmp_path)
    yield running
    running.stop()


def test_three_customers_are_asked_for_over_http(service: Process, tmp_path: Path) -> None:
    port = int(service.address.rpartition(":")[2])
    known = demo.published_customers(tmp_path / "online.sqlite")
    assert sorted(known) == sorted(customer_id for customer_id, _, _ in ROWS)
    answers = demo.three_answers(port, known)
    assert len({found.customer_id for found in answers}) == 3
    assert {found.customer_id for found in answers} <= set(known)
    assert all(found.reasons for found in answers if found.status == "active")


def test_a_refusal_of_the_service_is_told(service: Process) -> None:
    port = int(service.address.rpartition(":")[2])
    with pytest.raises(InputError, match=r"with 404: No customer with this id"):
        demo.ask(port, "/v1/customers/nobody/churn")


@pytest.mark.parametrize("code", [HOLD, STUBBORN, PARENT], ids=["plain", "stubborn", "with a child"])
def test_children_end_with_the_block(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("held")
    with demo.Children(patience=0.2) as children:
        child = children.start("-c", code)
        held = Path("held").open()  # noqa: SIM115 - waits until the child has opened it, too
    assert child.returncode is not None
    with held:
        assert held.read() == ""  # ends when nobody holds the other end any more


LEAVE = """
import os, sys
code = int(sys.argv[1])
os.kill(os.getpid(), -code) if code < 0 else sys.exit(code)
"""


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[demo.Step]]:
    """Steps that leave with the given exit codes; 1 is fine."""
    (tmp_path / "leave.py").write_text(LEAVE)
    monkeypatch.chdir(tmp_path)
    return lambda *codes: [
        demo.Step(f"leaves with {code}", ("leave", str(code)), fine=(0, 1)) for code in codes
    ]


def test_steps_run_in_order_with_numbers_and_times(
    steps: Callable[..., list[demo.Step]], capsys: pytest.CaptureFixture[str]
) -> None:
    with demo.Children() as children:
        demo.run(children, steps(0, 1))
    told = capsys.readouterr().out
    found = re.findall(r"(\d/3)  leaves with (\d)\n     python -m leave (\d)\n     took \d+\.\d s\n", told)
    assert found == [("1/3", "0", "0"), ("2/3", "1", "1")]


@pytest.mark.parametrize(("code", "given"), [(3, 3), (-signal.SIGKILL, 128 + signal.SIGKILL)])
def test_a_failing_step_ends_the_demo_with_its_code(
    steps: Callable[..., list[demo.Step]], code: int, given: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with demo.Children() as children, pytest.raises(SystemExit) as ended:
        demo.run(children, steps(0, code, 0))
    assert ended.value.code == given
    told = capsys.readouterr()
    assert "3/4" not in told.out
    assert told.err.startswith("error: step 2 ended with exit code")


def test_only_the_gates_may_say_no() -> None:
    assert [step.command for step in demo.road(demo.DATASET) if 1 in step.fine] == [
        ("training", "promote"),
        ("training", "promote", "--model", "cross_sell"),
    ]


@pytest.mark.parametrize(
    ("write", "commands"),
    [
        (
            write_grocer,
            ["check", "build", "churn", "promote", "cross-sell", "promote", "publish", "pull"],
        ),
        (write_market, ["check", "build", "churn", "promote", "publish", "pull"]),
    ],
    ids=["with cross-sell", "without"],
)
def test_the_road_leads_to_what_the_dataset_declares(
    write: Callable[[Path], Path], commands: list[str], tmp_path: Path
) -> None:
    assert [step.command[1] for step in demo.road(write(tmp_path))] == commands


def test_a_taken_port_is_left_alone() -> None:
    with socket.create_server((demo.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert demo.free_port(port) != port
    assert demo.free_port(port) == port


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The demo as a user starts it."""
    command = [sys.executable, str(ROOT / "demo.py"), *arguments]
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
    assert "1/7  Check" in told
    assert "2/7" not in told
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
    ran = started(tmp_path, "--dataset", str(path))
    told = read_until(ran, "Serving until Ctrl-C.")
    places = dict(
        re.findall(r"^(service|its docs|MLflow) +http://127.0.0.1:(\d+(?:/docs)?)$", told, re.MULTILINE)
    )
    assert list(places) == ["service", "its docs", "MLflow"], told
    assert places["its docs"] == f"{places['service']}/docs"
    assert b"swagger" in demo.ask(int(places["service"]), "/docs")
    assert b"MLflow" in demo.ask(int(places["MLflow"]), "/")
    assert told.count("customer 0") == 3
    assert "raises the risk" in told
    ran.send_signal(signal.SIGINT)
    ran.communicate()  # ends when nobody holds the pipes any more
    assert ran.returncode == 0


def test_a_tracking_server_shows_its_own_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    with demo.Children() as children:
        assert demo.registry_pages(children) == "https://mlflow.example"
