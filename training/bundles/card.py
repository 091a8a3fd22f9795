"""The model card: what bundles are mined from, how surely, how good suggestions are, where to be careful."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from training.bundles.artifact import POPULATION
from training.bundles.backtest import MODEL
from training.bundles.findings import METRICS, Findings
from training.bundles.report import LISTS
from training.wording import bullets, days, markdown_table, spoken, with_error, with_span

SHOWN = 10
PARENTS = 40
"""Rows of the table of relations: those with most pairs."""

STATISTICS = (
    "Support, confidence, lift, leverage, conviction and Zhang's metric as usual; of the lift a 95 % interval.",
    "p-value: Fisher's exact test, one-sided, over all baskets; q-value: Benjamini-Hochberg over all pairs.",
    "Adjusted lift: within strata of basket size, store, 28 days and promotion, tested as by Mantel and Haenszel.",
    "Explained: significant, but no more once these are held fixed; never shown as evidence, never in a bundle.",
    "Complements, substitutes: more, or fewer, baskets with both than the same customers' purchases let expect.",
    "A longer rule is kept only where it says more than each of its parts.",
)

INTENDED_USE = (
    "Suggesting what a basket lacks, and planning bundles. Not for prices, credit or anything that may put a "
    "person at a disadvantage."
)

LIMITS = (
    "What is bought together is not what an offer would sell: that takes an experiment with a control group.",
    "The extra margin rests on an assumed uptake; beside it stands the uptake from which on the bundle pays.",
    "Only promotions, stores and seasons that the tables tell are held fixed: no shelf, no weather, no recipe.",
    "What is held fixed also leaves fewer baskets to compare: of a rare pair the lift may be left, but unsure.",
    "Of rare items nothing is known, and an item without customers who know both has no substitutes.",
    "Associations drift with seasons: mine again when a season is over.",
)


def model_card(findings: Findings) -> str:
    """Write the card; the same findings always give the same text."""
    sections = {
        "What it predicts": _definition(findings),
        "Data": _data(findings),
        "Training and test": _training(findings),
        "How good it is": _quality(findings),
        "Statistics": _statistics(findings),
        "Complements and substitutes": _relations(findings),
        "What is explained": _explained(findings),
        "Bundles": _packages(findings),
        "Intended use": INTENDED_USE,
        "Limits": bullets(LIMITS),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"# Model card: bundles\n\n{body}\n"


def _definition(findings: Findings) -> str:
    return (
        f"Of every item (a {findings.declared.item_level}) that a basket does not show, the probability that it "
        f"is the one that is missing, given the rest of it and what its customer usually buys.\n\n{POPULATION}"
    )


def _data(findings: Findings) -> str:
    workspace, baskets = findings.workspace, findings.mined.baskets
    left_out = baskets.left_out
    return bullets(
        [
            f"Data set: {workspace.dataset.name}, {' to '.join(days(workspace.tables.period or ()))}",
            f"Data fingerprint: `{workspace.tables.fingerprint}`",
            f"Mined: {baskets.table.shape[0]:,} baskets of {len(baskets.customers):,} customers",
            f"In them: {len(baskets.items):,} items, {baskets.table.nnz:,} lines",
            f"Left out: {left_out.large_baskets:,} too large baskets, {left_out.rare_items:,} too rare items",
            f"Lost by both: {left_out.lines:,} lines",
        ]
    )


def _training(findings: Findings) -> str:
    first, last = days([findings.tested_from, findings.learned_through])
    return (
        f"Judged on {len(findings.judged.hidden.item):,} baskets from {first} to {last}: of each, one item was "
        f"hidden, and looked for in what the baskets before {first} suggest. What is registered is mined again "
        f"from all baskets before {last}."
    )


def _quality(findings: Findings) -> str:
    rows = [
        [spoken(name), *(with_error(values[metric], ".3f") for metric in METRICS)]
        for name, values in findings.metrics.items()
    ]
    ratios = [
        f"{LISTS[metric]} over {spoken(rival)}: {with_span(values[metric], '.3f')}"
        for rival, values in findings.ratios.items()
        for metric in ("hit_rate_at_10", "mrr_at_10")
    ]
    said, held = findings.probability, with_error(findings.metrics[MODEL]["hit_rate_at_10"], ".3f")
    return "\n\n".join(
        [
            markdown_table(["", *LISTS.values()], rows),
            "Means over baskets ± bootstrap standard errors (customers resampled). The model over others, paired:",
            bullets(ratios),
            f"Of the hidden items it expects {with_error(said, '.3f')} in its lists of ten; {held} are there.",
        ]
    )


def _statistics(findings: Findings) -> str:
    rules, evidence = findings.mined.rules, findings.mined.evidence
    told = (
        f"Of {len(rules):,} rules {len(evidence):,} are evidence: a q-value up to {findings.mined.max_q_value:g}, "
        "so that at most this share of them is expected to be chance, and a lift that remains with basket size, "
        "store, season and promotions held fixed. Relations have a false discovery rate of 5 %."
    )
    return f"{bullets(STATISTICS)}\n\n{told}"


def _relations(findings: Findings) -> str:
    """A table by parent; a pair of two parents counts for both."""
    complements = _parents(findings, _of_rules(findings.complements))
    substitutes = _parents(
        findings, zip(findings.mined.substitutes["first"], findings.mined.substitutes["second"], strict=True)
    )
    often = Counter({parent: len(pairs) for parent, pairs in complements.items()})
    often.update({parent: len(pairs) for parent, pairs in substitutes.items()})
    rows = [
        [_cell(parent) or "(none)", *_told(complements.get(parent, ())), *_told(substitutes.get(parent, ()))]
        for parent in sorted(often, key=lambda parent: (-often[parent], parent))[:PARENTS]
    ]
    return (
        f"{len(findings.complements):,} pairs of complements that are evidence and "
        f"{len(findings.mined.substitutes):,} pairs of substitutes, by what their items belong to "
        f"({len(rows)} of {len(often)}, those with most pairs); examples are the strongest complements and the "
        "surest substitutes.\n\n" + _table(["", "complements", "such as", "substitutes", "such as"], rows)
    )


def _parents(findings: Findings, pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """Names of pairs by each parent of their items."""
    found: dict[str, list[str]] = {}
    for first, second in pairs:
        for parent in sorted({findings.parent(first), findings.parent(second)}):
            found.setdefault(parent, []).append(_pair(findings, first, second))
    return found


def _told(pairs: Sequence[str]) -> list[str]:
    return [f"{len(pairs):,}", pairs[0] if pairs else ""]


def _explained(findings: Findings) -> str:
    by_level = findings.explained["explained_by"].value_counts().sort_index()
    counts = [f"{count:,} by {level}" for level, count in by_level.items()]
    shown = findings.explained.head(SHOWN)
    rows = [
        [_pair(findings, *pair), f"{told['count']:,}", *_lifts(told), str(told["explained_by"])]
        for pair, told in zip(_of_rules(shown), shown.to_dict("records"), strict=True)
    ]
    return (
        f"{len(findings.explained):,} pairs are significant, and no more once basket size, then store and season, "
        f"then promotions are held fixed as well ({', '.join(counts) or 'none'}). First those from which "
        "promotions take most:\n\n"
        + _table(["", "baskets", "lift", "with size, store, season", "adjusted lift", "gone with"], rows)
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return markdown_table(heads, rows) if rows else "None was found."


def _lifts(told: Mapping[Hashable, Any]) -> list[str]:
    return [f"{told[name]:.2f}" for name in ("lift", "season_lift", "adjusted_lift")]


def _packages(findings: Findings) -> str:
    assumed = findings.assumed
    rows = [
        [
            " + ".join(_cell(findings.name(item)) for item in one.items),
            f"{one.count:,}",
            f"{one.lacking_one:,}",
            f"{one.given_away:,.0f}",
            f"{one.expected_extra_margin:+,.0f}",
            f"{one.paying_uptake:.2f}",
        ]
        for one in findings.packages[:SHOWN]
    ]
    heads = ["", "baskets", "lack one item", "given away", "extra margin", "pays from uptake"]
    return (
        f"Complements at {100 * assumed.discount:g} % off for everybody who buys all of them, over all mined "
        f"baskets, in {findings.workspace.dataset.currency}. Assumed is an uptake of {assumed.uptake:g}: of the "
        "baskets that lack one item, this times the share that holds it today among those with the rest add it. "
        f"Where no unit cost is known, {100 * assumed.margin_share:g} % of the price is taken for margin.\n\n"
        + _table(heads, rows)
    )


def _of_rules(pairs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for antecedent, consequent in zip(pairs["antecedent"], pairs["consequent"], strict=True):
        yield antecedent[0], consequent


def _pair(findings: Findings, first: str, second: str) -> str:
    return f"{_cell(findings.name(first))} + {_cell(findings.name(second))}"


def _cell(text: str) -> str:
    """What fits into one cell of a table, whatever an item is called."""
    return " ".join(text.split()).replace("|", "\\|")
