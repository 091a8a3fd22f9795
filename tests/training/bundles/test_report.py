"""What a run says on the terminal."""

from io import StringIO

from rich.console import Console

from training.bundles.findings import Findings
from training.bundles.report import print_findings


def test_everything_of_the_run_is_said(basketry: Findings) -> None:
    console = Console(file=StringIO(), width=200)
    print_findings(console, basketry)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    for words in (
        "13 items; left out are 0 baskets that are too large",
        "one item hidden from each of 1,000 baskets since 2024-04-21",
        "model without customer",
        "hit rate@10",
        "Pasta",
        "Cola-A",
        "of the hidden items are in its lists of ten",
        "pays from uptake",
        "EUR",
    ):
        assert words in text
