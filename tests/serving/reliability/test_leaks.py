"""What callers send and who customers are: never in logs, metrics or traces, whether calls succeed or fail."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from serving.ledger import read_secret
from serving.telemetry.collector import ENDPOINT
from tests.serving.callers import TEXT
from tests.serving.collectors import Collector, collecting
from tests.serving.places import publish_full, settings_in
from tests.serving.running import Process

WORD = "canary7f3a"
STRANGER = f"{WORD}@mail.example"
KNOWN = "Åse 客"
"""A customer of the tiny store."""
BAD_KEY = f"nbo_{WORD[:8]}_{'k' * 43}"
ODD = {
    "x-request-id": STRANGER,
    "user-agent": WORD,
    "referer": f"https://shop.example/{WORD}",
    "cookie": f"session={WORD}",
    "traceparent": WORD,
    "tracestate": f"shop={WORD}",
    "baggage": f"customer={WORD}",
}
BODY = {"customer_id": STRANGER, "channel": "web", "basket": [WORD], "page": WORD, "location": WORD}


def calls(client: httpx2.Client, customer_id: str) -> Iterator[httpx2.Response]:
    """Every call about a customer, good ones and bad ones, with the word wherever a caller may write."""
    who = f"/v1/customers/{quote(customer_id, safe='')}"
    for path in ("churn", "offers", f"next-best-offer?channel=web&placement={WORD}"):
        yield client.get(f"{who}/{path}")
        yield client.get(f"{who}/{path.partition('?')[0]}?{WORD}={WORD}")
    yield client.get(who)
    yield client.get(f"{who}/next-best-offer?channel={WORD}")
    asked = {**BODY, "customer_id": customer_id}
    decided = client.post("/v1/next-best-offer", json=asked)
    yield decided
    yield client.post("/v1/next-best-offer", json={**asked, WORD: WORD})
    yield client.post("/v1/next-best-offer:batch", json={"customer_ids": [customer_id], "channel": "web"})
    yield client.post("/v1/churn:batch", json={"customer_ids": [customer_id, f"\0{WORD}"]})
    yield client.post("/v1/churn:batch", json={"customer_ids": [customer_id], "reasons": WORD})
    yield client.post("/v1/bundles", json={"basket": [WORD, "BREAD"], "customer_id": customer_id})
    yield client.get(f"/v1/items/{WORD}/bundles")
    for decision_id in (decided.json()["decision_id"], "0" * 32, WORD):
        outcome = {"key": f"{WORD}-{customer_id}", "decision_id": decision_id, "kind": "purchase", "value": 1}
        yield client.post("/v1/outcomes", json=outcome)
        yield client.post("/v1/outcomes", json={**outcome, "offer_id": WORD})
        yield client.get(f"/v1/decisions/{decision_id}")
    for channel, purpose in (("email", "marketing"), ("email", WORD), (WORD, "marketing")):
        yield client.put(f"{who}/consents", json={"channel": channel, "purpose": purpose, "granted": True})
    yield client.post("/v1/churn:batch", content=f'{{"{WORD}')
    yield client.request(WORD.upper(), who)
    yield client.patch(who)
    yield client.get(f"/{WORD}")
    yield client.get(f"/docs?{WORD}")
    yield client.delete(who)


def told(service: Process, collector: Collector) -> str:
    """All that an operator gets to see: the log, the metrics, and the spans, which come when it ends."""
    shown = service.client.get("/metrics").text
    rest = service.stop()
    return "\n".join([json.dumps(service.lines), rest, shown, str(collector.spans)])


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


def test_nothing_of_anybody_is_in_logs_metrics_or_traces(tmp_path: Path, collector: Collector) -> None:
    publish_full(settings_in(tmp_path))
    with Process(tmp_path, **{ENDPOINT: collector.address}) as service:
        service.client.headers.update(ODD)
        statuses = [answer.status_code for answer in all_calls(service, tmp_path / "ledger.sqlite")]
        seen = told(service, collector)
    assert set(statuses) == {200, 400, 401, 404, 405, 422, 503}
    secret = read_secret(tmp_path / "secret").hex()
    found = [word for word in (*forms(WORD), *forms(KNOWN), TEXT, "k" * 43, secret) if word in seen]
    assert found == []
    unread = 2  # A method that HTTP does not know ends in the parser.
    assert seen.count('"event": "answered"') == len(statuses) - unread
    stages = {"facts", "waiting", "deciding", "recording", "wording"}
    assert stages < {span.name for span in collector.spans}
    assert all(known in seen for known in ("nbo_answers_total", "testtest", "/v1/items/{item_id}/bundles"))


def all_calls(service: Process, ledger: Path) -> Iterator[httpx2.Response]:
    """Those with a key, those with none that is valid, and those after the ledger is gone."""
    for who in (KNOWN, STRANGER):
        yield from calls(service.client, who)
    for key in (BAD_KEY, WORD, f"{TEXT}{WORD}"):
        yield service.client.get("/v1/release", headers={"authorization": f"Bearer {key}"})
    ledger.rename(ledger.with_name("elsewhere.sqlite"))
    service.wait_for("ledger-refused")
    yield from calls_without_ledger(service.client)


def calls_without_ledger(client: httpx2.Client) -> Iterator[httpx2.Response]:
    """What fails then, and says why in the log."""
    yield client.post("/v1/next-best-offer", json=BODY)
    yield client.get(f"/v1/customers/{STRANGER}")
    yield client.get(f"/v1/decisions/{'0' * 32}")
    yield client.delete(f"/v1/customers/{STRANGER}")


def forms(word: str) -> list[str]:
    """How a word may be written: plain, as a part of a URL, in JSON and in upper case."""
    return [word, word.upper(), quote(word), json.dumps(word)[1:-1]]
