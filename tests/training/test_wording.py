"""Names, numbers and moments as people read them."""

from datetime import UTC, datetime

from training.intervals import Interval
from training.wording import days, markdown_table, plain, span, spoken, with_error, with_span

FOUND = Interval(0.12344, 0.1, 0.15, 0.00456)


def test_names_and_words() -> None:
    assert spoken("own_frequency") == "own frequency"
    assert plain("{value} basket(s) with it") == "… baskets with it"


def test_numbers_say_how_sure_they_are() -> None:
    assert with_error(FOUND) == "0.1234 ± 0.0046"
    assert span(FOUND, "+.2f") == "+0.10 to +0.15"
    assert with_span(FOUND, ".3f") == "0.123 (95 % interval 0.100 to 0.150)"


def test_moments_are_days() -> None:
    assert days([datetime(2024, 5, 1, 12, tzinfo=UTC)]) == ["2024-05-01"]


def test_a_table_has_a_rule_below_its_heads() -> None:
    assert markdown_table(["", "all"], [["model", "1"]]).splitlines() == [
        "|  | all |",
        "| --- | ---: |",
        "| model | 1 |",
    ]
