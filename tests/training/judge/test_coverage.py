"""In thirty worlds, each decided once by the real lots, judgements hold the truth about as often as they say."""

import pytest

from tests.training.judge.coverage import Case, cases
from training.judge.policies import JUDGED, LOGGING, NOTHING, RANDOM

WORLDS = 30


@pytest.fixture(scope="module")
def judged() -> list[Case]:
    return list(cases(WORLDS, customers=600, exploration=0.2, anyway=0.2))


@pytest.mark.parametrize(
    ("policy", "estimate"),
    [(LOGGING, "snips"), (JUDGED, "snips"), (JUDGED, "doubly_robust"), (NOTHING, "doubly_robust")],
)
def test_the_truth_is_in_the_interval_in_nine_worlds_of_ten(
    judged: list[Case], policy: str, estimate: str
) -> None:
    assert sum(one.holds(policy, estimate) for one in judged) >= 27


def test_gains_over_the_log_hold_the_truth_more_rarely(judged: list[Case]) -> None:
    """They rest on the few decisions that differ."""
    assert sum(one.holds(JUDGED, "gained") for one in judged) >= 21


def test_intervals_are_not_so_wide_that_any_answer_would_do(judged: list[Case]) -> None:
    """What the log earned is no answer to what no offer would earn."""
    assert sum(one.found.logging.low <= one.worth[NOTHING] for one in judged) <= 15


def test_what_the_log_never_shows_is_not_estimated(judged: list[Case]) -> None:
    """A random action is often far too dear to be explored."""
    for one in judged:
        assert one.found.estimates[RANDOM].without_support > 0.2
        assert one.found.estimates[RANDOM].doubly_robust is None


def test_decisions_of_one_customer_are_no_more_than_one_customer(judged: list[Case]) -> None:
    for one in judged:
        assert one.found.decisions > 1.8 * one.found.customers
        assert one.found.estimates[JUDGED].effective_customers < one.found.customers
