"""Tables wrap and lose nothing."""

from io import StringIO

import pytest
from rich.console import Console

from training.terminal import table


@pytest.mark.parametrize("width", [30, 80])
def test_nothing_is_cut_off(width: int) -> None:
    stream = StringIO()
    rows = [["a long name of a baseline", "0.1234 ± 0.0012", "0.5678 ± 0.0034"]]
    Console(file=stream, width=width).print(table("a title", ["", "all purchases", "new ones"], rows))
    text = stream.getvalue()
    assert "…" not in text
    letters = "".join(text.replace("│", "").split())
    assert width == 30 or "alongnameofabaseline0.1234±0.00120.5678±0.0034" in letters
    assert sorted(set("baseline0.1234") - set(letters)) == []
