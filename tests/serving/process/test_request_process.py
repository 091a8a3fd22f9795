"""What the process that answers requests never does: load MLflow or a query engine, or build a data frame."""

import re
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Never

import pandas as pd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serving.settings import Settings
from tests.serving.calls import every_call
from tests.serving.running import Process

NEVER = {"mlflow", "pandas", "pyarrow", "duckdb", "ibis", "sklearn", "matplotlib", "training"} | {
    "cloudpickle",
    "dill",
    "joblib",
}


@pytest.fixture
def process(settings: Settings, tmp_path: Path) -> Iterator[Process]:
    """A running service over a full release and store that can be asked for its modules."""
    assert settings.store.exists()
    with Process(tmp_path, sys.executable, "-m", "tests.serving.telling") as started:
        yield started


def test_a_service_that_has_answered_every_call_has_not_loaded_them(process: Process) -> None:
    answers = every_call(process.client)
    assert {answer.status_code for answer in answers} == {200}
    process.process.send_signal(signal.SIGUSR1)
    told = process.wait_for("modules")
    loaded = set(told["names"])
    assert {"lightgbm", "serving.process.server", "serving.next_best_offer.desk"} <= loaded
    assert loaded.isdisjoint(NEVER)
    assert told["unpickled"] == []


def test_no_call_builds_a_data_frame(shop: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Never:  # noqa: ANN401 - whatever a frame is made of
        raise AssertionError("a data frame is built on a request")

    monkeypatch.setattr(pd.DataFrame, "__init__", refuse)
    with pytest.raises(AssertionError, match="a data frame is built"):
        pd.DataFrame()
    answers = every_call(shop)
    assert {answer.status_code for answer in answers} == {200}


def test_these_are_all_calls(shop: TestClient) -> None:
    assert isinstance(shop.app, FastAPI)
    paths = shop.app.openapi()["paths"]
    documented = {(method.upper(), path) for path, calls in paths.items() for method in calls}
    asked = [(answer.request.method, answer.request.url.path) for answer in every_call(shop)]
    assert [call for call in sorted(documented) if not any(map(partial(is_of, call), asked))] == []


def is_of(documented: tuple[str, str], asked: tuple[str, str]) -> bool:
    (method, path), (method_asked, path_asked) = documented, asked
    pattern = re.sub(r"\{\w+\}", "[^/]+", path)
    return method == method_asked and re.fullmatch(pattern, path_asked) is not None
