"""Every bound that the document names, on it and beyond it; and that all of this together is enough."""

from fastapi import FastAPI
from schemathesis.checks import CHECKS

from tests.serving.callers import TEXT
from tests.serving.interface.asking import LEAST, ask, names

OF_THE_CLOCK = {"max_response_time"}
OF_DECISIONS = {"decision", "outcome_of_decision"}
"""No id of a decision follows from the document alone; the other runs take it from answers."""


def test_every_bound_is_kept_as_documented(service: FastAPI) -> None:
    heard = ask(service, "examples", "coverage", key=TEXT)
    assert heard.failures == []
    assert heard.cases >= LEAST["coverage"]
    assert heard.checked == set(CHECKS.get_all_names()) - OF_THE_CLOCK
    assert {name for name in names(service) if 200 not in heard.statuses(name)} == OF_DECISIONS


def test_all_runs_together_are_two_thousand_cases_with_a_key() -> None:
    assert sum(LEAST.values()) >= 2000
