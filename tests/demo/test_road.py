"""Which steps lead from raw tables to served models, and what a failing one does."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.__main__ import DATASET
from demo.challenger import BACK, SWAP, challenge
from demo.processes import Children
from demo.road import Step, Walk, declared_by, road
from tests.basketry import write_basketry
from tests.market import write_grocer, write_market

LEAVE = """
import os, sys
code = int(sys.argv[1])
os.kill(os.getpid(), -code) if code < 0 else sys.exit(code)
"""


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Step]]:
    """Steps that leave with the given exit codes; 1 is fine."""
    (tmp_path / "leave.py").write_text(LEAVE)
    monkeypatch.chdir(tmp_path)
    return lambda *codes: [Step(f"leaves with {code}", ("leave", str(code)), fine=(0, 1)) for code in codes]


def test_steps_run_in_order_with_numbers_and_times(
    steps: Callable[..., list[Step]], capsys: pytest.CaptureFixture[str]
) -> None:
    with Children() as children:
        walk = Walk(children, 4)
        walk.run(steps(0, 1))
        with walk.step("leaves with 7", ("leave", "7")):
            pass
        walk.run(steps(1))
    told = capsys.readouterr().out
    found = re.findall(r"(\d/4)  leaves with (\d)\n     python -m leave (\d)\n     took \d+\.\d s\n", told)
    assert found == [("1/4", "0", "0"), ("2/4", "1", "1"), ("3/4", "7", "7"), ("4/4", "1", "1")]


@pytest.mark.parametrize(("code", "given"), [(3, 3), (-signal.SIGKILL, 128 + signal.SIGKILL)])
def test_a_failing_step_ends_the_demo_with_its_code(
    steps: Callable[..., list[Step]], code: int, given: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with Children() as children, pytest.raises(SystemExit) as ended:
        Walk(children, 5).run(steps(0, code, 0))
    assert ended.value.code == given
    told = capsys.readouterr()
    assert "2/5" in told.out
    assert "3/5" not in told.out
    assert told.err.startswith("error: step 2 ended with exit code")


def test_only_the_gates_may_say_no() -> None:
    steps = [*road(DATASET, declared_by(DATASET)), *challenge(DATASET), *SWAP, *BACK]
    assert [step.command for step in steps if 1 in step.fine] == [
        ("training", "promote"),
        ("training", "promote", "--model", "cross_sell"),
        ("training", "promote", "--model", "bundles"),
        ("training", "promote"),
    ]


@pytest.mark.parametrize(
    ("write", "further"),
    [
        (write_market, []),
        (write_grocer, ["cross-sell", "promote"]),
        (write_basketry, ["bundles", "promote"]),
    ],
    ids=["churn alone", "with cross-sell", "with bundles"],
)
def test_the_road_leads_to_what_the_dataset_declares(
    write: Callable[[Path], Path], further: list[str], tmp_path: Path
) -> None:
    path = write(tmp_path)
    commands = [step.command[1] for step in road(path, declared_by(path))]
    assert commands == ["check", "build", "churn", "promote", *further, "publish", "release", "pull"]
