"""The model card: what a cross-sell model is, how good it is and where to be careful, as one Markdown page."""

import numpy as np

from training.calibration import Calibration
from training.cross_sell.artifact import POPULATION, definition_in_words
from training.cross_sell.backtest import MODEL
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS
from training.cross_sell.report import COMPARED, LISTS
from training.cross_sell.spread import LISTED_KINDS
from training.cross_sell.totals import CALIBRATION_ERROR, CANDIDATE_RECALL, PROBABILITY_SUM
from training.wording import bullets, days, markdown_table, plain, spoken, with_error, with_span

STRONGEST = 10

INTENDED_USE = (
    "Choosing which item to offer a customer next, and estimating how many will buy it; for cross-sell take the "
    "new items. Not for prices, credit or anything that may put the person scored at a disadvantage."
)

LIMITS = (
    "It tells what is likely bought, not what an offer would add; that takes a control group.",
    "What nobody has bought yet is never proposed, nor is anything to a customer without a purchase.",
    "Purchases outside the candidates have no probability: the candidates' share above is the ceiling.",
    "Of new items and customers with few visits little is known: their answers say thin evidence.",
    "Habits drift: train again when a new horizon is complete, and watch the sum of probabilities.",
)


def model_card(findings: Findings) -> str:
    """Write the card; the same findings always give the same text."""
    sections = {
        "What it predicts": f"{definition_in_words(findings.pairs)}\n\n{POPULATION}",
        "Data": _data(findings),
        "Training and test": _training(findings),
        "Candidates": _candidates(findings),
        "How good it is": _quality(findings),
        "Calibration": _calibration(findings),
        "Coverage and concentration": _spread(findings),
        "What moves it": _strongest(findings),
        "Intended use": INTENDED_USE,
        "Limits": bullets(LIMITS),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"# Model card: cross-sell\n\n{body}\n"


def _data(findings: Findings) -> str:
    workspace, newest = findings.workspace, findings.backtest.judged[-1]
    return bullets(
        [
            f"Data set: {workspace.dataset.name}, {' to '.join(days(workspace.tables.period or ()))}",
            f"Data fingerprint: `{workspace.tables.fingerprint}`",
            f"Features: {len(findings.pairs.names)}, fingerprint `{findings.pairs.fingerprint}`",
            f"At the newest test period: {len(newest.customers):,} customers and {len(newest.items):,} items",
        ]
    )


def _training(findings: Findings) -> str:
    moments = days([each.as_of for each in findings.examples])
    rows = sum(len(each.label) for each in findings.examples)
    bought = int(sum(each.label.sum() for each in findings.examples))
    kept = np.mean([each.kept for each in findings.examples])
    return (
        f"Fitted on the candidates of {len(moments)} moments from {min(moments)} to {max(moments)}: {rows:,} "
        f"rows, of which {bought:,} were bought. Of the candidates that were not, {100 * kept:.0f} % were drawn, "
        "each weighing for those left out. "
        f"Labels end on {findings.labelled_through:%Y-%m-%d}. Judged on the periods beginning "
        f"{', '.join(days([each.as_of for each in findings.backtest.judged]))}, each time with a model that had "
        "seen only what was known and labelled by then."
    )


def _candidates(findings: Findings) -> str:
    found = [findings.totals.mean(MODEL, f"{CANDIDATE_RECALL}.{kind}") for kind in KINDS]
    rows = [
        ["all together", *(with_error(each, ".3f") for each in found)],
        *(
            [spoken(source), *(f"{recall[kind]:.3f}" for kind in KINDS)]
            for source, recall in findings.source_recall.items()
        ),
    ]
    return (
        f"{findings.candidates_per_customer:,.0f} items are proposed to a customer on average. The share of the "
        f"purchases that is among them is the ceiling of everything below:\n\n{markdown_table(['', *KINDS], rows)}"
    )


def _quality(findings: Findings) -> str:
    tables = [
        f"{name}:\n\n"
        + markdown_table(
            ["", *KINDS],
            [
                [spoken(model), *(with_error(values[f"{metric}.{kind}"], ".3f") for kind in KINDS)]
                for model, values in findings.metrics.items()
            ],
        )
        for metric, name in LISTS.items()
    ]
    ratios = [
        f"{LISTS[metric]} of {kind} purchases over {spoken(rival)}: "
        f"{with_span(values[f'{metric}.{kind}'], '.3f')}"
        for rival, values in findings.ratios.items()
        for metric in COMPARED
        for kind in LISTED_KINDS
    ]
    return "\n\n".join([*tables, QUALITY_NOTE, bullets(ratios)])


QUALITY_NOTE = (
    "Means over the test periods ± bootstrap standard errors (customers resampled). A list of new items holds "
    "none that is a repeat purchase, whoever made it. The model's figures over those of the baselines, paired:"
)


def _calibration(findings: Findings) -> str:
    error, total = (
        {kind: findings.totals.mean(MODEL, f"{metric}.{kind}") for kind in KINDS}
        for metric in (CALIBRATION_ERROR, PROBABILITY_SUM)
    )
    rows = [
        ["calibration error", *(with_error(error[kind]) for kind in KINDS)],
        ["sum of probabilities over purchases", *(with_error(total[kind], ".3f") for kind in KINDS)],
    ]
    return (
        f"{markdown_table(['', *KINDS], rows)}\n\nThe calibration error is the gap between mean probability and "
        "purchase rate, averaged over ten equally large groups of candidates. The last steps map log-odds "
        f"{_line('repeat', findings.model.repeat)} and {_line('new', findings.model.new)}, fitted on the newest "
        "moment, "
        f"and let the rate of an item's category count for {findings.model.shrinkage.strength:g} buyers."
    )


def _line(kind: str, line: Calibration) -> str:
    return f"of {kind} purchases with slope {line.slope:.3f} and intercept {line.intercept:+.3f}"


def _spread(findings: Findings) -> str:
    heads = ["", *(f"{what} {kind}" for what in ("items shown,", "top item,") for kind in LISTED_KINDS)]
    rows = [
        [
            spoken(model),
            *(
                f"{100 * what[kind][model]:.1f} %"
                for what in (findings.coverage, findings.concentration)
                for kind in LISTED_KINDS
            ),
        ]
        for model in findings.backtest.models
    ]
    return (
        "Of the lists of ten of all customers: the share of the items that anybody sees, and the share of all "
        f"places that the most listed item takes.\n\n{markdown_table(heads, rows)}"
    )


def _strongest(findings: Findings) -> str:
    strength = np.abs(findings.contributions).mean(axis=0)
    features = findings.pairs.features
    strongest = [plain(features[place].words) for place in np.argsort(-strength)[:STRONGEST]]
    return "\n".join(f"{place}. {words}" for place, words in enumerate(strongest, 1))
