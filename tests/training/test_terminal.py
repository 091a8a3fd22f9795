"""Tables wrap and lose nothing."""

from io import StringIO

import pytest
from rich.console import Console

from training.terminal import table

ROW = ["a long name of a baseline", "0.1234 ± 0.0012", "0.5678 ± 0.0034"]


@pytest.mark.parametrize("width", [30, 80])
def test_nothing_is_cut_off(width: int) -> None:
    stream = StringIO()
    Console(file=stream, width=width).print(table("a title", ["", "all purchases", "new ones"], [ROW]))
    text = stream.getvalue()
    assert "…" not in text
    digits = [[letter for letter in said if letter.isdigit()] for said in (text, "".join(ROW))]
    assert sorted(digits[0]) == sorted(digits[1])


def test_cells_are_plain_text_whatever_they_hold() -> None:
    stream = StringIO()
    Console(file=stream, width=80).print(table("a title", ["item"], [["PASTA [/red]"], ["Sauce [bold]"]]))
    assert "PASTA [/red]" in stream.getvalue()
    assert "Sauce [bold]" in stream.getvalue()
