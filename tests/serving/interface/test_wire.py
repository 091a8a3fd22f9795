"""What the wire can carry and no test client would send, against a real process: answered, refused, never hung."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.serving.callers import HEADER
from tests.serving.places import publish_full, settings_in
from tests.serving.running import Process

CHURN = "/v1/customers/1/churn"
BATCH = "/v1/churn:batch"
KEY = f"authorization: {HEADER['authorization']}\r\n"
CLOSE = "connection: close\r\n"
JSON = "content-type: application/json\r\n"
BODY = '{"customer_ids": ["1"]}'
SIZED = f"{JSON}content-length: {len(BODY)}\r\n"
ORIGIN = "origin: http://x\r\n"
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A ready service, which has written nothing but JSON lines at its end."""
    folder = tmp_path_factory.mktemp("wire")
    publish_full(settings_in(folder))
    with Process(folder) as process:
        yield process
        assert process.client.get("/livez").status_code == 200
        assert all(json.loads(line)["level"] == "info" for line in process.stop().splitlines())


def connect(running: Process) -> socket.socket:
    host, port = running.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def send(running: Process, request: str, *, hang_up: bool = False) -> bytes:
    """All that comes back until the service closes the connection."""
    with connect(running) as caller:
        caller.sendall(request.encode("latin-1"))
        if hang_up:
            caller.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: caller.recv(65_536), b""))


def read(answered: bytes) -> Answer:
    """Status, headers and body of one answer."""
    head, _, body = answered.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), headers, body


def request(path: str, more: str = "", body: str = "", method: str = "GET", version: str = "1.1") -> str:
    return f"{method} {path} HTTP/{version}\r\nhost: x\r\n{KEY}{CLOSE}{more}\r\n{body}"


ANSWERED = {
    "http-1.0": (request(CHURN, version="1.0"), 200),
    "http-1.0-without-a-host": (f"GET {CHURN} HTTP/1.0\r\n{KEY}\r\n", 200),
    "absolute": (request(f"http://x{CHURN}"), 200),
    "fragment": (request(f"{CHURN}#x"), 200),
    "websocket": (request(CHURN, "upgrade: websocket\r\nsec-websocket-version: 13\r\n"), 200),
    "http-2": (request(CHURN, "upgrade: h2c\r\nhttp2-settings: AAA\r\n"), 200),
    "latin": (request(CHURN, "x: \xe9\r\n"), 200),
    "if-none-match": (request(CHURN, "if-none-match: *\r\n"), 200),
    "if-modified": (request(CHURN, "if-modified-since: Mon, 01 Jan 2035 00:00:00 GMT\r\n"), 200),
    "if-match": (request(CHURN, 'if-match: "x"\r\n'), 200),
    "range": (request(CHURN, "range: bytes=0-1\r\n"), 200),
    "accept": (request(CHURN, "accept: text/html\r\naccept-encoding: *;q=0\r\n"), 200),
    "get-with-a-body": (request(CHURN, "content-length: 5\r\n", "hello"), 200),
    "chunks": (
        request(BATCH, f"{JSON}transfer-encoding: chunked\r\n", f"17\r\n{BODY}\r\n0\r\n\r\n", "POST"),
        200,
    ),
    "gzip": (
        request(BATCH, f"{JSON}content-encoding: gzip\r\ncontent-length: 2\r\n", "\x1f\x8b", "POST"),
        400,
    ),
    "head": (request(CHURN, method="HEAD"), 405),
    "options": (request(CHURN, method="OPTIONS"), 405),
    "cross-origin": (
        request(CHURN, "origin: http://x\r\naccess-control-request-method: GET\r\n", "", "OPTIONS"),
        405,
    ),
    "trace": (request(CHURN, method="TRACE"), 405),
    "query": (request(CHURN, method="QUERY"), 405),
    "star": (request("*", method="OPTIONS"), 404),
    "two-slashes": (request(f"/{CHURN}"), 404),
    "dots": (request("/v1/customers/../release"), 404),
    "dots-encoded": (request("/v1/customers/%2e%2e/release"), 404),
    "percent": (request("/v1/customers/%/churn"), 404),
    "percent-letters": (request("/v1/customers/%zz/churn"), 404),
    "not-utf-8": (request("/v1/customers/%ff%fe/churn"), 422),
    "latin-id": (request("/v1/customers/M%FCller/consents", method="PUT"), 422),
    "latin-id-to-erase": (request("/v1/customers/M%FCller", method="DELETE"), 422),
    "a-replacement-is-a-letter": (request("/v1/customers/M%EF%BF%BDller/churn"), 404),
    "surrogate": (request("/v1/customers/%ED%A0%80/churn"), 422),
    "overlong": (request("/v1/customers/%C0%AF/churn"), 422),
    "twice-encoded": (request("/v1/customers/%2531/churn"), 404),
    "nul": (request("/v1/customers/%00/churn"), 422),
    "gigantic": (request(f"/v1/customers/{'x' * 30_000}/churn"), 422),
    "query-not-utf-8": (request(f"{CHURN}?reasons=%ff"), 422),
    "query-nul": (request(f"{CHURN}?%00=1"), 422),
    "query-twice": (request(f"{CHURN}?reasons=1?reasons=2"), 422),
    "query-many": (request(f"{CHURN}?{'a=1&' * 1000}"), 422),
}
REFUSED = {
    "garbage": "\x00\x01\x02\r\n\r\n",
    "tls": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "http-2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "method": request(CHURN, method="get"),
    "long-method": request(CHURN, method="G" * 10_000),
    "version": request(CHURN, version="3.1"),
    "no-path": "GET  HTTP/1.1\r\nhost: x\r\n\r\n",
    "raw-path": request("/v1/customers/\xff/churn"),
    "raw-query": request(f"{CHURN}?\xff=1"),
    "line-ends": f"GET {CHURN} HTTP/1.1\nhost: x\n\n",
    "header-name": request(CHURN, "bad header: x\r\n"),
    "header-nul": request(CHURN, "x: a\x00b\r\n"),
    "header-folded": request(CHURN, "x: a\r\n b\r\n"),
    "length": request(BATCH, f"{JSON}content-length: -1\r\n", method="POST"),
    "lengths": request(BATCH, f"{SIZED}content-length: 3\r\n", BODY, "POST"),
    "huge-length": request(BATCH, f"{JSON}content-length: {'9' * 40}\r\n", method="POST"),
    "smuggled": request(BATCH, f"{SIZED}transfer-encoding: chunked\r\n", "0\r\n\r\n", "POST"),
    "connect": request("x:443", method="CONNECT"),
    "chunk": request(BATCH, f"{JSON}transfer-encoding: chunked\r\n", "zz\r\n", "POST"),
}


@pytest.mark.parametrize("odd", ANSWERED)
def test_odd_requests_have_documented_answers(running: Process, odd: str) -> None:
    sent, expected = ANSWERED[odd]
    status, headers, body = read(send(running, sent))
    assert (status, len(headers["x-request-id"])) == (expected, 32)
    media = "application/json" if status == 200 else "application/problem+json"
    assert headers["content-type"] == media
    assert sent.startswith("HEAD") or json.loads(body)


@pytest.mark.parametrize("odd", REFUSED)
def test_what_is_no_http_is_refused_at_once(running: Process, odd: str) -> None:
    status, headers, body = read(send(running, REFUSED[odd]))
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["type"] == "/problems/malformed-request"


def test_requests_that_do_not_wait_are_answered_in_their_order(running: Process) -> None:
    paths = ["/livez", CHURN, "/readyz", "/v1/customers/x/churn"]
    first = "".join(request(path).replace(CLOSE, "") for path in paths)
    answered = send(running, first + request("/livez"))
    parts = [b"HTTP/1.1 " + part for part in answered.split(b"HTTP/1.1 ")[1:]]
    assert [read(part)[0] for part in parts] == [200, 200, 200, 404, 200]


def test_a_caller_that_hangs_up_before_it_has_asked_is_forgotten(running: Process) -> None:
    assert send(running, f"GET {CHURN} HTTP/1.1\r\nhost: x\r\n", hang_up=True) == b""
    assert send(running, request(BATCH, SIZED, BODY[:5], "POST"), hang_up=True) == b""


def test_the_service_says_when_to_send_the_body(running: Process) -> None:
    with connect(running) as caller:
        caller.sendall(request(BATCH, f"{SIZED}expect: 100-continue\r\n", method="POST").encode())
        assert caller.recv(1024).startswith(b"HTTP/1.1 100 Continue")
        caller.sendall(BODY.encode())
        assert caller.recv(65_536).startswith(b"HTTP/1.1 200 OK")
