"""What each contestant is asked: whole HTTP requests, written once."""

import json
import math
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from benchmarks.contestants import Running
from benchmarks.load import NUMBER, Script
from benchmarks.rounds import Contestant
from benchmarks.with_nothing import NOTHING
from serving.next_best_offer.desk import LACKS
from serving.scoring.arrays import Floats

MLFLOW, BARE = "mlflow models serve", "- for a bare array"
EMPTY, CHURN, EXPLAINED, OFFER = "empty route", "churn", "- with 5 reasons", "next-best-offer"
CHANNEL = "web"
LATE = b'"fault":' + json.dumps(LACKS["late"]).encode()
"""In a next best offer that could not be decided within the budget; it has no status."""


def get(path: str, key: str) -> bytes:
    """A request with a key, as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: benchmark\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def post(path: str, content: Mapping[str, object]) -> bytes:
    """A request with a JSON body and no key."""
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: benchmark\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def of_service(running: Running, customers: Sequence[str], key: str) -> dict[str, Contestant]:
    """The calls of the service, each about all customers in turn; no next-best-offer was asked for before."""

    def script(query: str, marker: bytes) -> Script:
        paths = (f"/v1/customers/{quote(customer, safe='')}/{query}" for customer in customers)
        return Script(running.port, tuple(get(path, key) for path in paths), marker)

    scripts = {
        EMPTY: Script(running.port, (get(NOTHING, key),), b"null"),
        CHURN: script("churn?reasons=0", b'"probability":'),
        EXPLAINED: script("churn?reasons=5", b'"probability":'),
        OFFER: script(
            f"next-best-offer?channel={CHANNEL}&placement=shelf-{NUMBER.decode()}", b'"degraded":false'
        ),
    }
    return {name: Contestant(running, asked) for name, asked in scripts.items()}


def mixed(running: Running, customers: Sequence[str], key: str) -> Script:
    """A new next-best-offer and a churn call by turns; each holds a status, and a flag where it was too late."""
    calls = of_service(running, customers, key)
    pairs = zip(calls[OFFER].script.requests, calls[CHURN].script.requests, strict=True)
    return Script(running.port, tuple(request for pair in pairs for request in pair), b'"status":"', LATE)


def of_mlflow(running: Running, names: Sequence[str], rows: Floats) -> Contestant:
    """MLflow's scoring server, asked for one row with named columns."""
    known = [[None if math.isnan(value) else value for value in row] for row in rows.tolist()]
    return _invoked(running, [{"dataframe_split": {"columns": names, "data": [row]}} for row in known])


def of_bare(running: Running, rows: Floats) -> Contestant:
    """The same, asked for one array without names; NaN is no JSON, and Python reads it all the same."""
    return _invoked(running, [{"inputs": [row]} for row in rows.tolist()])


def _invoked(running: Running, contents: Sequence[Mapping[str, object]]) -> Contestant:
    requests = tuple(post("/invocations", content) for content in contents)
    return Contestant(running, Script(running.port, requests, b'"predictions"'))
