"""Churn in plain sentences."""

from datetime import UTC, datetime

import pytest

from serving.churn.artifact import Definition
from serving.churn.sentences import Sentences

AS_OF = datetime(2017, 12, 4, tzinfo=UTC)
INACTIVITY = Definition(kind="inactivity", active_days=56, horizon_days=28)
CANCELLED = Definition(kind="explicit", horizon_days=30)
LABELLED = Definition(kind="explicit")


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (INACTIVITY, "Churn means: bought in the 56 days before as_of, then buys nothing for 28 days."),
        (CANCELLED, "Churn means: leaves within 30 days after as_of, as recorded in the data."),
        (LABELLED, "Churn means: has left, as labelled in the data."),
    ],
)
def test_meaning(definition: Definition, sentence: str) -> None:
    assert Sentences.of(definition, AS_OF).meaning == sentence


@pytest.mark.parametrize(
    ("definition", "probability", "sentence"),
    [
        (INACTIVITY, 0.123, "12 % likely to buy nothing in the 28 days after 2017-12-04."),
        (INACTIVITY, 0.004, "0.4 % likely to buy nothing in the 28 days after 2017-12-04."),
        (INACTIVITY, None, "Bought nothing in the 56 days before 2017-12-04: lapsed, so not scored."),
        (CANCELLED, 0.5, "50 % likely to leave in the 30 days after 2017-12-04."),
        (CANCELLED, None, "Had left before 2017-12-04, so not scored."),
        (LABELLED, 1.0, "100 % likely to leave."),
    ],
)
def test_summary(definition: Definition, probability: float | None, sentence: str) -> None:
    assert Sentences.of(definition, AS_OF).summary(probability) == sentence
