"""Requests as spans at a real collector; nothing of it without one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from features.errors import InputError
from serving.envelope import Envelope
from serving.process.server import serve
from serving.settings import Settings
from serving.telemetry.collector import ENDPOINT, open_sender, require_installed
from serving.telemetry.timing import Stage
from serving.telemetry.tracing import Sender
from serving.threads import Threads
from tests.serving.collectors import Collector, attributes, collecting
from tests.serving.running import environment

LOADED = """
import sys
import serving.process.server
from serving.telemetry.collector import open_sender
assert open_sender() is None
extra = ("opentelemetry.sdk", "opentelemetry.exporter", "serving.telemetry.spans")
print([name for name in sys.modules if name.startswith(extra)])
"""
ROUTE = "/v1/customers/{customer_id}/churn"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture
def sender(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Sender:
    monkeypatch.setenv(ENDPOINT, collector.address)
    opened = open_sender()
    assert opened is not None
    return opened


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """One stage in the request itself, one in a thread that it waits for; fails for who asks so."""
    scope["route"] = SimpleNamespace(path_format=ROUTE)
    scope["state"]["key"] = SimpleNamespace(id="k1")
    with Stage("facts"):
        pass
    threads = Threads(1, "recording")
    await threads.run(record)
    threads.close()
    await PlainTextResponse("fine", 503 if b"fail" in scope["query_string"] else 200)(scope, receive, send)


def record() -> None:
    with Stage("recording"):
        pass


def test_a_request_is_a_span_with_its_stages_below_the_callers(collector: Collector, sender: Sender) -> None:
    client = TestClient(Envelope(answer, sender))
    told = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "shop=ann", "x-request-id": "order-17"}
    client.get("/v1/customers/ann/churn?reasons=3", headers=told)
    sender.close()
    whole, *stages = sorted(collector.spans, key=lambda span: span.name)
    assert (whole.name, [stage.name for stage in stages]) == (f"GET {ROUTE}", ["facts", "recording"])
    assert whole.kind == whole.SPAN_KIND_SERVER
    assert attributes(whole) == {
        "http.route": ROUTE,
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "key": "k1",
        "request_id": "order-17",
    }
    assert (whole.trace_id.hex(), whole.parent_span_id.hex()) == (TRACE, PARENT)
    for stage in stages:
        assert (stage.trace_id, stage.parent_span_id) == (whole.trace_id, whole.span_id)
        assert whole.start_time_unix_nano <= stage.start_time_unix_nano <= stage.end_time_unix_nano
        assert stage.end_time_unix_nano <= whole.end_time_unix_nano
    assert collector.services == {"next-best-offer"}
    assert b"ann" not in b"".join(collector.bodies)


def test_a_request_without_a_caller_begins_a_trace_and_a_failure_is_marked(
    collector: Collector, sender: Sender
) -> None:
    TestClient(Envelope(answer, sender)).get("/v1/x?fail", headers={"traceparent": "odd"})
    sender.close()
    (whole,) = [span for span in collector.spans if not span.parent_span_id]
    assert whole.status.code == whole.status.STATUS_CODE_ERROR


def test_what_the_caller_does_not_sample_is_not_sent(collector: Collector, sender: Sender) -> None:
    client = TestClient(Envelope(answer, sender))
    client.get("/v1/x", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    sender.close()
    assert collector.spans == []


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/docs"])
def test_probes_are_not_traced(path: str, collector: Collector, sender: Sender) -> None:
    TestClient(Envelope(answer, sender)).get(path)
    sender.close()
    assert collector.spans == []


def test_a_name_in_the_environment_is_the_name_of_the_service(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, collector.address)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "offers-of-the-shop")
    sender = open_sender()
    assert sender is not None
    TestClient(Envelope(answer, sender)).get("/v1/x")
    sender.close()
    assert collector.services == {"offers-of-the-shop"}


def test_a_collector_that_is_away_costs_a_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    with collecting() as gone:
        monkeypatch.setenv(ENDPOINT, gone.address)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    sender = open_sender()
    assert sender is not None
    assert TestClient(Envelope(answer, sender)).get("/v1/x").status_code == 200
    sender.close()
    assert [line["event"] for line in log_lines()] == ["answered", "traces-not-sent"]


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    command = [sys.executable, "-c", LOADED]
    said = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_a_collector_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serving.telemetry.spans", None)
    require_installed()
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:4318")
    with pytest.raises(InputError, match=r"\[tracing\]"):
        serve(Settings(port=0))
    with pytest.raises(InputError, match=r"\[tracing\]"):
        open_sender()
