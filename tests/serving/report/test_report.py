"""The report of a real ledger, by the command that a person types.

| customer | day | what became of it |
|---|---|---|
| a | 4 May | cheese given (cost 0.5, margin 0.25), bought for 10 |
| b | 5 May | cheese given, nothing |
| c | 5 May | cheese withheld, bought for 5 |
| e | 4 May | cheese given, bought for 20, then the customer is erased |
"""

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.__main__ import main
from serving.ledger import Ledger, open_ledger, read_secret
from tests.entries import enter, giving, outcome, priced, question

CHEESE = priced("cheese", "cross_sell", cost=0.5)


def record(
    ledger: Ledger, customer: str, day: int, bought: float | None = None, *, control: bool = False
) -> None:
    asked = question(ledger, customer, datetime(2026, 5, day, 9, tzinfo=UTC))
    made = enter(ledger, giving(asked, withheld=(CHEESE,)) if control else giving(asked, CHEESE))
    if bought is not None:
        ledger.record_outcome(outcome(made.decision_id, "purchase", value=bought))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the ledger above, at its default place."""
    monkeypatch.chdir(tmp_path)
    secret = read_secret(Path("workspace/secret"))
    with closing(open_ledger("sqlite:///workspace/ledger.sqlite", secret)) as ledger:
        record(ledger, "a", 4, bought=10)
        record(ledger, "b", 5)
        record(ledger, "c", 5, bought=5, control=True)
        record(ledger, "e", 4, bought=20)
        ledger.erase("e", datetime(2026, 5, 10, tzinfo=UTC))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["serving", "report", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def cheese(path: Path) -> dict[str, object]:
    """The line of cheese on the web."""
    line: dict[str, object] = json.loads(path.read_text())["lines"][0]
    assert (line["offer"], line["channel"]) == ("cheese", "web")
    return line


def test_everything_is_printed_drawn_and_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--picture", "out/report.svg", "--metrics-json", "out/report.json") == 0
    assert "what they brought beyond the control group" in capsys.readouterr().out
    assert (folder / "out" / "report.svg").is_file()
    line = cheese(folder / "out" / "report.json")
    assert (line["treated"], line["control"], line["contacts"]) == (2, 1, 3)
    assert (line["value"], line["cost"]) == pytest.approx((0.25 * 30, 1.5))
    assert line["gross_return"] == pytest.approx((7.5 - 1.5) / 1.5)


def test_since_leaves_out_what_was_before_and_what_has_no_date(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, "--since", "2026-05-05", "--metrics-json", "report.json") == 0
    line = cheese(folder / "report.json")
    assert (line["treated"], line["control"], line["contacts"]) == (1, 1, 1)
    assert (line["value"], line["cost"]) == (0.0, 0.5)
    assert json.loads((folder / "report.json").read_text())["since"] == "2026-05-05T00:00:00+00:00"


def test_a_new_ledger_says_that_it_is_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    open_ledger("sqlite:///other.sqlite", read_secret(Path("workspace/secret"))).close()
    files = "--picture", "report.svg", "--metrics-json", "report.json"
    assert run(monkeypatch, "--ledger", "sqlite:///other.sqlite", *files) == 0
    assert capsys.readouterr().out.startswith("No decision yet")
    assert json.loads((folder / "report.json").read_text()) == {"since": None, "lines": []}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--picture", "report.pdf"], "error: the picture report.pdf ends neither in .png nor in .svg"),
        (["--metrics-json", "workspace"], "error: the figures workspace cannot be written"),
        (["--ledger", "oracle://nobody"], "error: "),
        (["--ledger", "sqlite:///typo.sqlite"], "error: the ledger sqlite:///typo.sqlite does not exist"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert run(monkeypatch, *arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith(message)
    assert (said.err.count("\n"), said.out) == (1, "")
