"""The terminal tells the ceiling first, and every name and number."""

from io import StringIO

import pytest
from rich.console import Console

from training.cross_sell.findings import Findings
from training.cross_sell.report import print_findings
from training.wording import with_error


def printed(findings: Findings, width: int) -> list[str]:
    stream = StringIO()
    print_findings(Console(file=stream, width=width), findings)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def titles(lines: list[str]) -> list[str]:
    return [line for line in lines if line[:1] not in "┏┃┡│└├"]


def test_the_tables_come_in_the_order_of_what_limits_what(grocer: Findings) -> None:
    assert titles(printed(grocer, 100)) == [
        "share of the purchases that are among 16 candidates a customer",
        "NDCG@10, mean over 2 test periods ± standard error",
        "recall@10, mean over 2 test periods ± standard error",
        "hit rate@10, mean over 2 test periods ± standard error",
        "NDCG@10 of the model over that of a baseline, with 95 % interval",
        "recall@10 of the model over that of a baseline, with 95 % interval",
        "probabilities of candidates",
        "of the lists of ten: items shown, share of the top item",
        "purchases outside the candidates",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_lists_and_ratios_stand_on_one_line(grocer: Findings, width: int) -> None:
    lines = printed(grocer, width)
    values = [with_error(grocer.metrics["model"][f"ndcg_at_10.{kind}"]) for kind in ("all", "repeat", "new")]
    assert any("│ model " in line and all(value in line for value in values) for line in lines)
    ratio = grocer.ratios["tifu_knn"]["ndcg_at_10.new"]
    told = f"{ratio.estimate:.3f} {ratio.low:.3f}-{ratio.high:.3f}"
    assert any("│ tifu knn " in line and told in line for line in lines)


def test_every_source_and_period_is_told(grocer: Findings) -> None:
    text = "\n".join(printed(grocer, 120))
    assert all(f"│ {source} " in text for source in grocer.source_recall)
    assert "│ all together " in text
    for judged in grocer.backtest.judged:
        assert f"│ sum over purchases, {judged.as_of:%Y-%m-%d} " in text
        assert f"│ {judged.targets['all'].sum() + judged.unforeseen:,.0f} " in text


def test_a_narrow_terminal_wraps_and_cuts_nothing_off(grocer: Findings) -> None:
    assert "…" not in "\n".join(printed(grocer, 50))
