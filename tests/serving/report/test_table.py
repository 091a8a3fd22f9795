"""The report on the terminal."""

from io import StringIO

import pytest
from rich.console import Console

from serving.ledger.records import Totals
from serving.report.figures import Line, lines
from serving.report.table import print_report
from tests.serving.report.made import campaign, total


def told(found: list[Line], width: int = 160) -> str:
    console = Console(file=StringIO(), width=width)
    print_report(console, found)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def rows(found: list[Line], name: str) -> list[list[str]]:
    """The cells of the tables' rows of an offer, both lines of a cell in one."""
    shown = [line.strip("│").split("│") for line in told(found).splitlines() if "│" in line]
    found_rows = []
    for place, first in enumerate(shown):
        if first[0].strip() == name:
            below = shown[place + 1] if not shown[place + 1][0].strip() else [""] * len(first)
            both = zip(first, below, strict=True)
            found_rows.append([f"{one.strip()} {two.strip()}".strip() for one, two in both])
    return found_rows


def test_an_offer_stands_in_every_table() -> None:
    found = lines(Totals(tuple(campaign(400, 100)), ()))
    assert rows(found, "cheese") == [
        ["cheese", "web", "400", "0", "50.0 % 45.1 to 54.9"],
        ["cheese", "web", "800.00", "400.00", "+100 %"],
        ["cheese", "web", "400 / 100", "+40.0 +31.1 to +46.6", "+0.60 +0.29 to +0.91"],
    ]


def test_what_cannot_be_told_is_a_dash() -> None:
    found = lines(Totals((total("cheese", "web", "treated", "a"),), ()))
    assert rows(found, "cheese") == [
        ["cheese", "web", "0", "0", "-"],
        ["cheese", "web", "0.00", "0.00", "-"],
        ["cheese", "web", "1 / 0", "-", "-"],
    ]
    assert "fewer than 30 customers on a side" in " ".join(told(found).split())


@pytest.mark.parametrize("width", [60, 160])
def test_a_narrow_terminal_cuts_nothing_off(width: int) -> None:
    text = told(lines(Totals(tuple(campaign(400, 100)), ())), width)
    assert "…" not in text


def test_an_empty_ledger_says_so() -> None:
    assert (
        told([])
        == "No decision yet: ask for a next-best-offer, and the report has something to say and to draw.\n"
    )
