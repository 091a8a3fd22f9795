"""The model card: what a churn model is, how good it is and where to be careful, as one Markdown page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from training.calibration import Calibration
from training.intervals import Interval
from training.wording import bullets, days, markdown_table, spoken, with_error, with_span

COLUMNS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "top_decile_lift": "top-decile lift",
    "gain_10": "churners in top 10 %",
    "gain_20": "in top 20 %",
    "gain_30": "in top 30 %",
    "expected_maximum_profit": "EMPC",
    "log_loss": "log loss",
    "brier": "Brier",
    "calibration_error": "calibration error",
}
"""Heads of the metrics table, by metric."""


@dataclass(frozen=True)
class CardFacts:
    """Everything the card says about one model; all of it measured or declared, nothing guessed."""

    name: str
    """Name of the model."""
    definition: str
    """The churn definition as a sentence."""
    population: str
    """Who is scored, as a sentence."""
    dataset: str
    data_period: tuple[datetime, datetime] | None
    """First and last transaction; None without transactions."""
    data_fingerprint: str
    feature_fingerprint: str
    features: int
    """Number of features."""
    training: Sequence[datetime]
    """Snapshots the registered model was fitted on; empty when the label has no time."""
    tests: Sequence[datetime]
    """First days of the backtest's test periods; empty when the label has no time."""
    rows: int
    """Customers times snapshots the registered model was fitted on."""
    churners: int
    """How many of these rows churned."""
    metrics: Mapping[str, Mapping[str, Interval]]
    """By model or baseline, then by metric; the model comes first, and what only ranks has no metrics of
    probabilities."""
    differences: Mapping[str, Interval]
    """By baseline: AUC of the model minus AUC of the baseline, paired; empty where no baseline is possible."""
    calibration: Calibration
    top_features: Sequence[str]
    """The strongest features in plain words, strongest first."""
    caveats: Sequence[str] = ()
    """Limits peculiar to this data set, each a sentence."""


def model_card(facts: CardFacts) -> str:
    """Write the card; the same facts always give the same text."""
    sections = {
        "What it predicts": f"{facts.definition}\n\n{facts.population}",
        "Data": _data(facts),
        "Training and test": _training(facts),
        "How good it is": _quality(facts),
        "Calibration": _calibration(facts),
        "What moves it": "\n".join(f"{place}. {words}" for place, words in enumerate(facts.top_features, 1)),
        "Intended use": INTENDED_USE,
        "Limits": bullets((*LIMITS, *facts.caveats)),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"# Model card: {facts.name}\n\n{body}\n"


INTENDED_USE = (
    "Choosing whom to contact so that they stay, and estimating how many will leave. "
    "Not for prices, credit or anything that may put the person scored at a disadvantage."
)

LIMITS = (
    "It tells who is likely to leave, not whom an offer would keep; that takes a control group.",
    "It knows purchases, not intentions: a long holiday looks like leaving.",
    "Habits drift: train again when a new labelled period is complete, and watch the calibration error.",
    "Reasons are exact parts of the score, not causes in the world.",
)


def _data(facts: CardFacts) -> str:
    period = "no transactions" if facts.data_period is None else " to ".join(days(facts.data_period))
    lines = {
        "Data set": f"{facts.dataset}, {period}",
        "Data fingerprint": f"`{facts.data_fingerprint}`",
        "Features": f"{facts.features}, fingerprint `{facts.feature_fingerprint}`",
    }
    return bullets(f"{name}: {value}" for name, value in lines.items())


def _training(facts: CardFacts) -> str:
    rate = 100 * facts.churners / facts.rows
    size = f"{facts.rows:,} rows, of which {facts.churners:,} ({rate:.1f} %) churned"
    if not facts.training:
        return f"Fitted on {size}. The label carries no time, so the test customers were drawn at random."
    told = days(facts.training)
    return (
        f"Fitted on {len(told)} snapshots from {min(told)} to {max(told)}: {size}. "
        f"Judged on the periods beginning {', '.join(days(facts.tests))}, each time with a model that had "
        "seen only what was known and labelled by then."
    )


def _quality(facts: CardFacts) -> str:
    shown = [metric for metric in COLUMNS if any(metric in values for values in facts.metrics.values())]
    rows = [
        [spoken(name), *(_measured(values.get(metric)) for metric in shown)]
        for name, values in facts.metrics.items()
    ]
    table = markdown_table(["", *(COLUMNS[metric] for metric in shown)], rows)
    better = [f"- {_gap(name, gap)}" for name, gap in facts.differences.items()]
    gained = ["", "AUC gained over each baseline, paired:", "", *better] if better else []
    return "\n".join([table, "", QUALITY_NOTE, *gained])


QUALITY_NOTE = (
    "Means over the test periods ± bootstrap standard errors (customers resampled). EMPC is the expected "
    "maximum profit per customer of a retention campaign under its published default costs (Verbraken, "
    "Verbeke and Baesens, 2013). A dash marks scores that only rank."
)


def _gap(name: str, gap: Interval) -> str:
    return f"{spoken(name)}: {with_span(gap, '+.3f')}"


def _calibration(facts: CardFacts) -> str:
    error = next(iter(facts.metrics.values()))["calibration_error"]
    slope, intercept = facts.calibration.slope, facts.calibration.intercept
    return (
        f"Predicted and observed churn differ by {100 * error.estimate:.1f} ± "
        f"{100 * error.standard_error:.1f} percentage points on average over ten equally large groups. "
        "The last step maps log-odds with slope "
        f"{slope:.3f} and intercept {intercept:+.3f}, fitted on the newest labelled period."
    )


def _measured(interval: Interval | None) -> str:
    return "-" if interval is None else with_error(interval, ".3f")
