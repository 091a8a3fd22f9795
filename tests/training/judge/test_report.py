"""What a judgement says."""

import json
from io import StringIO

from rich.console import Console

from training.intervals import Interval
from training.judge.joined import LeftOut
from training.judge.judgement import Estimates, Judgement
from training.judge.report import as_json, print_judgement

FOUND = Judgement(
    decisions=12_000,
    customers=3_000,
    logging=Interval(0.5, 0.4, 0.6, 0.05),
    estimates={
        "judged policy": Estimates(
            Interval(0.625, 0.5, 0.75, 0.0625),
            Interval(0.75, 0.65, 0.85, 0.05),
            Interval(0.25, 0.125, 0.375, 0.0625),
            8_000.4,
            2_500.6,
            1_200.2,
            0.0125,
        ),
        "random action": Estimates(None, None, None, 40.0, 30.0, 20.0, 0.6),
    },
    left_out=LeftOut(5, 6, 7),
)


def told(width: int = 200) -> str:
    console = Console(file=StringIO(), width=width)
    print_judgement(console, FOUND)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def cells(name: str) -> list[list[str]]:
    """The rows of both tables that begin with a name, and the line below each."""
    shown = [[cell.strip() for cell in line.strip("│").split("│")] for line in told().splitlines()]
    return [row for place, row in enumerate(shown) if name in (row[0], shown[place - 1][0])]


def test_estimates_stand_above_their_intervals_and_beside_what_they_rest_on() -> None:
    assert cells("judged policy")[:2] == [
        ["judged policy", "0.6250 ± 0.0625", "0.7500 ± 0.0500", "+0.2500 ± 0.0625"],
        ["", "0.5000 to 0.7500", "0.6500 to 0.8500", "+0.1250 to +0.3750"],
    ]
    assert ["judged policy", "8,000", "2,501", "1,200", "1.2 %"] in cells("judged policy")


def test_what_is_not_estimated_is_a_dash() -> None:
    assert cells("random action")[0] == ["random action", "-", "-", "-"]
    assert ["random action", "40", "30", "20", "60.0 %"] in cells("random action")


def test_the_log_itself_is_a_plain_mean() -> None:
    assert cells("logging policy")[0] == ["logging policy", "0.5000 ± 0.0500", "", ""]


def test_everything_fits_a_terminal_of_80_columns() -> None:
    assert "0.6500 to 0.8500 │ +0.1250 to +0.3750 │" in told(80)


def test_what_is_left_out_is_said() -> None:
    assert "12,000 decisions of 3,000 customers; left out are 5 that are only logged, 6 that" in told()


def test_every_figure_is_written_for_programs() -> None:
    figures = json.loads(json.dumps(as_json(FOUND)))
    assert figures["estimates"]["judged policy"]["doubly_robust"] == {
        "estimate": 0.75,
        "low": 0.65,
        "high": 0.85,
        "standard_error": 0.05,
    }
    assert figures["estimates"]["random action"]["snips"] is None
    assert figures["left_out"] == {"only_logged": 5, "only_judged": 6, "without_reward": 7}
