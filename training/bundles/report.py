"""What a run over baskets says on the terminal."""

from collections.abc import Iterator

import pandas as pd
from rich.console import Console

from training.bundles.backtest import MODEL
from training.bundles.findings import METRICS, Findings
from training.terminal import table
from training.wording import spoken, with_error

LISTS = {
    "hit_rate_at_5": "hit rate@5",
    "hit_rate_at_10": "hit rate@10",
    "mrr_at_5": "MRR@5",
    "mrr_at_10": "MRR@10",
}
"""Metrics of lists, as they are shown."""

_FEW = 10


def print_findings(console: Console, findings: Findings) -> None:
    """Every table of the run, with bootstrap standard errors over customers."""
    baskets, left_out = findings.mined.baskets, findings.mined.baskets.left_out
    console.print(
        f"{baskets.table.shape[0]:,} baskets, {len(baskets.items):,} items; left out are "
        f"{left_out.large_baskets:,} baskets that are too large and {left_out.rare_items:,} rare items, "
        f"{left_out.lines:,} lines in all"
    )
    tested = f"one item hidden from each of {len(findings.judged.hidden.item):,} baskets"
    heads = ["", *LISTS.values()]
    console.print(
        table(f"{tested} since {findings.tested_from:%Y-%m-%d} ± standard error", heads, _lists(findings))
    )
    console.print(
        table("the model over a baseline, with 95 % interval", ["over", *LISTS.values()], _ratios(findings))
    )
    console.print(
        f"The model says that {with_error(findings.probability, '.3f')} of the hidden items are in its lists of "
        f"ten; {with_error(findings.metrics[MODEL]['hit_rate_at_10'], '.3f')} are."
    )
    _print_pairs(console, findings)
    title = "bundles at a discount, the highest expected extra margin first"
    console.print(table(title, list(_PACKAGE_HEADS), _packages(findings)))
    console.print(_assumed(findings))


def _assumed(findings: Findings) -> str:
    assumed = findings.assumed
    return (
        f"Assumed, not measured: the bundle costs {100 * assumed.discount:g} % less for everybody who takes it; "
        f"of the baskets that lack one item, {assumed.uptake:g} times the share that holds it today add it (the "
        f"uptake); {100 * assumed.margin_share:g} % of a price is margin where no unit cost is known. A bundle "
        "pays from the uptake in the last column on."
    )


_PACKAGE_HEADS = (
    "items",
    "baskets",
    "lack one",
    "lift",
    "price",
    "given away",
    "extra margin",
    "pays from uptake",
)


def _lists(findings: Findings) -> Iterator[list[str]]:
    for name, metrics in findings.metrics.items():
        yield [spoken(name), *(with_error(metrics[metric]) for metric in METRICS)]


def _ratios(findings: Findings) -> Iterator[list[str]]:
    for rival, ratios in findings.ratios.items():
        told = (ratios[metric] for metric in METRICS)
        yield [spoken(rival), *(f"{one.estimate:.2f} {one.low:.2f}-{one.high:.2f}" for one in told)]


def _print_pairs(console: Console, findings: Findings) -> None:
    rules, evidence = findings.mined.rules, findings.mined.evidence
    console.print(
        f"{len(rules):,} rules, {len(evidence):,} of them evidence; {len(findings.complements):,} pairs of "
        f"complements, {len(findings.explained):,} pairs that are explained"
        f"{_levels(findings)}, "
        f"{len(findings.mined.substitutes):,} pairs of substitutes"
    )
    heads = ["", "", "baskets", "lift", "sizes, store, season fixed", "promotions too", "explained by"]
    for title, pairs in (
        ("complements, the highest adjusted lift first", findings.complements),
        ("significant pairs that something else explains, promotions first", findings.explained),
    ):
        console.print(table(title, heads, _pairs(findings, pairs)))
    title = "substitutes: together in fewer baskets than their customers' purchases lead one to expect"
    heads = ["", "", "baskets", "expected", "expected, sizes of baskets aside"]
    console.print(table(title, heads, _substitutes(findings)))


def _pairs(findings: Findings, pairs: pd.DataFrame) -> Iterator[list[str]]:
    for pair in pairs.head(_FEW).to_dict("records"):
        names = [findings.name(pair["antecedent"][0]), findings.name(pair["consequent"])]
        lifts = (f"{pair[name]:.2f}" for name in ("lift", "season_lift", "adjusted_lift"))
        yield [*names, f"{pair['count']:,}", *lifts, pair["explained_by"]]


def _levels(findings: Findings) -> str:
    """How many by what."""
    told = findings.explained["explained_by"].value_counts()
    return f" ({', '.join(f'{count:,} by {level}' for level, count in told.items())})" if len(told) else ""


def _substitutes(findings: Findings) -> Iterator[list[str]]:
    for pair in findings.mined.substitutes.head(_FEW).to_dict("records"):
        names = [findings.name(pair["first"]), findings.name(pair["second"])]
        expected = (f"{pair[name]:,.1f}" for name in ("expected_within", "expected_by_rates"))
        yield [*names, f"{pair['count']:,}", *expected]


def _packages(findings: Findings) -> Iterator[list[str]]:
    currency = findings.workspace.dataset.currency
    for one in findings.packages[:_FEW]:
        yield [
            " + ".join(findings.name(item) for item in one.items),
            f"{one.count:,}",
            f"{one.lacking_one:,}",
            f"{one.lift:.2f}",
            f"{one.price:,.2f}",
            f"{one.given_away:,.0f} {currency}",
            f"{one.expected_extra_margin:+,.0f} {currency}",
            f"{one.paying_uptake:.2f}",
        ]
