"""Whoever has no key learns nothing but that."""

import pytest
from fastapi import FastAPI

from tests.serving.interface.asking import FREE, LEAST, ask, names


@pytest.mark.parametrize("key", [None, "nbo_testtest_garbled"])
def test_every_call_is_refused_as_documented(service: FastAPI, key: str | None) -> None:
    heard = ask(service, "examples", "coverage", key=key)
    assert heard.failures == []
    assert heard.cases >= LEAST["coverage"]
    assert {name for name in names(service) if heard.statuses(name) == {401}} == names(service) - FREE
    assert all(200 in heard.statuses(name) for name in FREE)
