"""Whatever follows from the document, drawn at random."""

import secrets

import pytest
from fastapi import FastAPI

from tests.serving.callers import TEXT
from tests.serving.interface.asking import LEAST, ask, names


def test_every_answer_is_documented(service: FastAPI) -> None:
    heard = ask(service, "fuzzing", key=TEXT)
    assert heard.failures == []
    assert heard.cases >= LEAST["fuzzing"]
    assert {name for name in names(service) if 200 not in heard.statuses(name)} <= {"outcome_of_decision"}


@pytest.mark.slow
def test_every_answer_is_documented_whatever_the_seed(service: FastAPI) -> None:
    seed = secrets.randbits(32)
    heard = ask(service, "examples", "coverage", "fuzzing", "stateful", key=TEXT, seed=seed, examples=300)
    assert heard.failures == [], f"the seed was {seed}"
    assert heard.cases >= 2 * sum(LEAST.values())
