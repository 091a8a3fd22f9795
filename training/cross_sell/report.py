"""What a training run says on the terminal: candidates first, since they are the ceiling, then lists and trust."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console

from training.cross_sell.backtest import MODEL
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS
from training.cross_sell.spread import LISTED_KINDS
from training.cross_sell.totals import CALIBRATION_ERROR, CANDIDATE_RECALL, PROBABILITY_SUM
from training.intervals import Interval
from training.terminal import table
from training.wording import days, spoken, with_error

LISTS = {"ndcg_at_10": "NDCG@10", "recall_at_10": "recall@10", "hit_rate_at_10": "hit rate@10"}
"""Metrics of lists, as they are shown."""

COMPARED = ("ndcg_at_10", "recall_at_10")
"""Metrics whose ratios to the baselines are shown."""


def print_findings(console: Console, findings: Findings) -> None:
    """Every table of the run: means over the test periods, with bootstrap standard errors over customers."""
    periods = len(findings.backtest.judged)
    each = f"{findings.candidates_per_customer:,.0f} candidates a customer"
    console.print(
        table(f"share of the purchases that are among {each}", ["source", *KINDS], _candidates(findings))
    )
    for metric, name in LISTS.items():
        title = f"{name}, mean over {periods} test periods ± standard error"
        console.print(table(title, ["", *KINDS], _lists(findings, metric)))
    for metric in COMPARED:
        title = f"{LISTS[metric]} of the model over that of a baseline, with 95 % interval"
        console.print(table(title, ["over", *KINDS], _ratios(findings, metric)))
    console.print(table("probabilities of candidates", ["", *KINDS], _trust(findings)))
    heads = ["", *(f"{what}, {kind}" for what in ("shown", "top item") for kind in LISTED_KINDS)]
    console.print(table("of the lists of ten: items shown, share of the top item", heads, _spread(findings)))
    outside = ["test period", "purchases", "among candidates", "not among them", "unforeseen"]
    console.print(table("purchases outside the candidates", outside, _outside(findings)))


def _candidates(findings: Findings) -> Iterator[list[str]]:
    together = [findings.totals.mean(MODEL, f"{CANDIDATE_RECALL}.{kind}") for kind in KINDS]
    yield ["all together", *map(with_error, together)]
    for source, recall in findings.source_recall.items():
        yield [spoken(source), *(f"{recall[kind]:.4f}" for kind in KINDS)]


def _lists(findings: Findings, metric: str) -> Iterator[list[str]]:
    for model, metrics in findings.metrics.items():
        yield [spoken(model), *(with_error(metrics[f"{metric}.{kind}"]) for kind in KINDS)]


def _ratios(findings: Findings, metric: str) -> Iterator[list[str]]:
    for rival, ratios in findings.ratios.items():
        yield [spoken(rival), *(_quotient(ratios[f"{metric}.{kind}"]) for kind in KINDS)]


def _quotient(ratio: Interval) -> str:
    return f"{ratio.estimate:.3f} {ratio.low:.3f}-{ratio.high:.3f}"


def _trust(findings: Findings) -> Iterator[Sequence[str]]:
    totals = findings.totals
    yield (
        "calibration error",
        *(with_error(totals.mean(MODEL, f"{CALIBRATION_ERROR}.{kind}")) for kind in KINDS),
    )
    for number, judged in enumerate(findings.backtest.judged):
        sums = (totals.at(number, MODEL, f"{PROBABILITY_SUM}.{kind}") for kind in KINDS)
        yield f"sum over purchases, {judged.as_of:%Y-%m-%d}", *map(_short, sums)
    yield (
        "sum over purchases, mean",
        *(_short(totals.mean(MODEL, f"{PROBABILITY_SUM}.{kind}")) for kind in KINDS),
    )


def _short(interval: Interval) -> str:
    return with_error(interval, ".3f")


def _spread(findings: Findings) -> Iterable[list[str]]:
    for model in findings.backtest.models:
        shown = (findings.coverage, findings.concentration)
        yield [spoken(model), *(f"{what[kind][model]:.4f}" for what in shown for kind in LISTED_KINDS)]


def _outside(findings: Findings) -> Iterator[list[str]]:
    for judged in findings.backtest.judged:
        found, bought = int(judged.label.sum()), int(judged.targets["all"].sum())
        counts = (bought + judged.unforeseen, found, bought - found, judged.unforeseen)
        yield [*days([judged.as_of]), *(f"{count:,}" for count in counts)]
