"""Calls that follow from answers: outcomes of decisions that were made, and how they came about."""

from fastapi import FastAPI

from tests.serving.callers import TEXT
from tests.serving.interface.asking import LEAST, ask


def test_what_follows_from_an_answer_is_documented_as_well(service: FastAPI) -> None:
    heard = ask(service, "stateful", key=TEXT)
    assert heard.failures == []
    assert heard.cases >= LEAST["chains"]
    assert 200 in heard.statuses("outcome_of_decision") & heard.statuses("decision")
