"""What a problem document never grows to, and never says."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from features.store import StoreError
from serving.app import create_app
from serving.live.live import Live
from serving.live.models import Models
from serving.live.served import Served
from serving.problems import MAX_ERRORS, MAX_WHERE
from tests.serving.callers import HEADER, keyring
from tests.serving.problems import problem
from tests.serving.standins import BrokenStore

LogLines = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize(("many", "said"), [(20, "each is listed"), (21, "the first 20 are, 1 more are not")])
def test_only_the_first_parts_that_break_a_rule_are_listed(client: TestClient, many: int, said: str) -> None:
    body = {"customer_ids": ["1"], **{f"unknown {number}": 1 for number in range(many)}}
    refused = problem(client.post("/v1/churn:batch", json=body), 422, "invalid-request")
    assert len(refused["errors"]) == MAX_ERRORS
    assert said in refused["detail"]


@pytest.mark.parametrize("many", [50, 10_000])
def test_very_many_unknown_keys_are_one_fault(client: TestClient, many: int) -> None:
    body = {"customer_ids": ["1"], **dict.fromkeys(map(str, range(many)), 1)}
    refused = problem(client.post("/v1/churn:batch", json=body), 422, "invalid-request")
    assert refused["errors"] == [
        {"where": "body", "message": "Value error, there are no more than 50 fields"}
    ]


def test_a_key_of_endless_length_is_named_in_part(client: TestClient) -> None:
    body = {"customer_ids": ["1"], "x" * 700_000: 1}
    refused = problem(client.post("/v1/churn:batch", json=body), 422, "invalid-request")
    (error,) = refused["errors"]
    assert error["where"] == ("body." + "x" * MAX_WHERE)[:MAX_WHERE]


def test_files_and_hosts_are_for_the_log(models: Models, log_lines: LogLines) -> None:
    broken = Live(Served(models, BrokenStore(StoreError("/secret/place is gone"))), fault="/secret/place too")
    client = TestClient(create_app(broken, keyring=keyring()), headers=HEADER)
    response = client.get("/v1/customers/1/churn")
    assert "cannot be read or written" in problem(response, 503, "not-ready")["detail"]
    assert "/secret/place" not in response.text
    assert "/secret/place is gone" in str(log_lines())
