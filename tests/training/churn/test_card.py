"""The card says every fact it was given, in its place."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from training.calibration import Calibration
from training.churn.card import CardFacts, model_card
from training.intervals import Interval

FACTS = CardFacts(
    name="churn",
    definition="Churn means no purchase within 28 days.",
    population="Scored are customers who bought within the last 56 days.",
    dataset="corner-shop",
    data_period=(datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 12, 31, tzinfo=UTC)),
    data_fingerprint="d4ta",
    feature_fingerprint="f3at",
    features=64,
    training=[datetime(2017, 6, 5, tzinfo=UTC), datetime(2017, 11, 6, tzinfo=UTC)],
    tests=[datetime(2017, 9, 11, tzinfo=UTC), datetime(2017, 10, 9, tzinfo=UTC)],
    rows=12_000,
    churners=1_500,
    metrics={
        "churn_model": {
            "auc": Interval(0.8634, 0.85, 0.87, 0.0046),
            "calibration_error": Interval(0.0151, 0.01, 0.02, 0.003),
        },
        "recency": {"auc": Interval(0.756, 0.74, 0.77, 0.006)},
    },
    differences={"recency": Interval(0.1074, 0.0951, 0.1199, 0.005)},
    calibration=Calibration(0.981, -0.0404),
    top_features=["days since the last purchase", "baskets in 56 days"],
    caveats=["Two weeks of data are missing in May."],
)


def section(card: str, title: str) -> str:
    """Return the text below one heading."""
    return card.partition(f"## {title}\n\n")[2].partition("\n\n## ")[0]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("What it predicts", "Churn means no purchase within 28 days."),
        ("What it predicts", "Scored are customers who bought within the last 56 days."),
        ("Data", "- Data set: corner-shop, 2017-01-01 to 2017-12-31\n- Data fingerprint: `d4ta`"),
        ("Data", "- Features: 64, fingerprint `f3at`"),
        ("Training and test", "2 snapshots from 2017-06-05 to 2017-11-06"),
        ("Training and test", "12,000 rows, of which 1,500 (12.5 %) churned"),
        ("Training and test", "periods beginning 2017-09-11, 2017-10-09"),
        ("How good it is", "|  | AUC | calibration error |\n| --- | ---: | ---: |\n"),
        (
            "How good it is",
            "| churn model | 0.863 ± 0.005 | 0.015 ± 0.003 |\n| recency | 0.756 ± 0.006 | - |\n",
        ),
        ("How good it is", "- recency: +0.107 (95 % interval +0.095 to +0.120)"),
        ("Calibration", "differ by 1.5 ± 0.3 percentage points"),
        ("Calibration", "slope 0.981 and intercept -0.040"),
        ("What moves it", "1. days since the last purchase\n2. baskets in 56 days"),
        ("Intended use", "whom to contact"),
        ("Limits", "- Two weeks of data are missing in May."),
    ],
)
def test_every_fact_has_its_place(title: str, expected: str) -> None:
    assert expected in section(model_card(FACTS), title)


def test_starts_with_the_name_and_ends_with_a_newline() -> None:
    card = model_card(FACTS)
    assert card.startswith("# Model card: churn\n\n## What it predicts\n")
    assert card.endswith("\n")
    assert card == model_card(FACTS)


def test_a_label_without_time_is_said_to_have_none() -> None:
    card = model_card(replace(FACTS, data_period=None, training=[], tests=[]))
    assert "corner-shop, no transactions" in section(card, "Data")
    assert "The label carries no time" in section(card, "Training and test")
    assert "snapshots" not in section(card, "Training and test")
