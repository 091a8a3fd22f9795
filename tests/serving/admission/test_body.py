"""Bodies are bounded in size and time, whatever their header says."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from serving.admission.body import MAX_BODY_BYTES, BodyLimit
from serving.app import create_app
from serving.live.live import Live
from serving.problems import MEDIA_TYPE, BodyTooLarge, BodyTooSlow, TooManyRequests
from tests.serving.callers import HEADER, keyring
from tests.serving.measured import growth


async def echo_size(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await JSONResponse(len(body))(scope, receive, send)


async def ask(
    chunks: Iterable[bytes | None], length: str | None = None, seconds: float = 60
) -> tuple[list[Message], int]:
    """Send chunks (None = never) against 10 bytes and a time; returns the answer and how many were taken."""
    sent: list[Message] = []
    taken = 0
    rest = iter(chunks)

    async def receive() -> Message:
        nonlocal taken
        chunk = next(rest, b"")
        if chunk is None:
            await asyncio.sleep(3600)
        taken += 1
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [] if length is None else [(b"content-length", length.encode())]
    await BodyLimit(echo_size, max_bytes=10, seconds=seconds)(
        {"type": "http", "headers": headers}, receive, send
    )
    return sent, taken


@pytest.mark.parametrize(
    ("chunks", "size"), [([], 0), ([b"12345", b"67890"], 10), ([b"1"] * 10, 10), ([b"1234567890"], 10)]
)
def test_a_body_within_the_limit_arrives_whole(chunks: list[bytes], size: int) -> None:
    sent, _ = asyncio.run(ask(chunks))
    assert sent[1]["body"] == str(size).encode()


@pytest.mark.parametrize("length", [None, "3", "x", "-5", "²"])
def test_streamed_bytes_count_whatever_the_header_says(length: str | None) -> None:
    with pytest.raises(BodyTooLarge):
        asyncio.run(ask([b"12345", b"67890", b"1"], length))


def test_an_endless_body_is_cut_at_the_limit() -> None:
    taken: list[bytes] = []

    def endless() -> Iterable[bytes]:
        while True:
            taken.append(b"1234")
            yield b"1234"

    with pytest.raises(BodyTooLarge):
        asyncio.run(ask(endless()))
    assert len(taken) == 3


@pytest.mark.parametrize("length", ["11", "99999999999999999999", "9" * 5000])
def test_an_announced_excess_is_refused_unread(length: str) -> None:
    sent, taken = asyncio.run(ask([b"1"], length))
    assert sent[0]["status"] == 413
    assert taken == 0


def test_a_slow_body_is_given_up() -> None:
    with pytest.raises(BodyTooSlow):
        asyncio.run(ask([b"1", None], seconds=0.05))


def test_waiting_for_a_finished_caller_may_take_long() -> None:
    async def wait_for_hangup() -> str:
        messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            if messages:
                return messages.pop()
            await asyncio.sleep(0.2)
            return {"type": "http.disconnect"}

        async def app(_: Scope, receive: Receive, __: Send) -> None:
            await receive()
            heard.append((await receive())["type"])

        async def send(_: Message) -> None:
            """Nobody listens."""

        heard: list[str] = []
        await BodyLimit(app, seconds=0.05)({"type": "http", "headers": []}, receive, send)
        return heard[0]

    assert asyncio.run(wait_for_hangup()) == "http.disconnect"


async def send_together(*bodies: bytes) -> list[type | None]:
    """Send bodies at once against 25 bytes for all; each is held until all have arrived."""
    arrived = asyncio.Barrier(len(bodies))

    async def hold(scope: Scope, receive: Receive, _: Send) -> None:
        try:
            await Request(scope, receive).body()
        finally:
            await arrived.wait()

    limit = BodyLimit(hold, max_bytes=10, max_at_once=25)

    async def ask_with(body: bytes) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await limit({"type": "http", "headers": []}, receive, ignore)

    ended = await asyncio.gather(*map(ask_with, bodies), return_exceptions=True)
    return [None if fault is None else type(fault) for fault in ended]


async def ignore(_: Message) -> None:
    """Nobody listens."""


def test_bodies_have_a_bound_together_and_leave_room_when_they_end() -> None:
    full, refused = b"1234567890", growth("nbo_refused_requests_total", reason="bytes")

    async def talk() -> None:
        assert await send_together(full, full, b"12345") == [None] * 3
        assert await send_together(full, full, b"123456") == [None, None, TooManyRequests]
        assert await send_together(full, full, full, full) == [None, None, TooManyRequests, TooManyRequests]

    asyncio.run(talk())
    assert refused() == 3


def test_what_ends_is_no_longer_counted() -> None:
    limit = BodyLimit(echo_size, max_bytes=10, max_at_once=10)

    async def talk() -> None:
        for body in (b"1234567890", b"12345678901", b"1234567890"):

            async def receive(body: bytes = body) -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            with suppress(BodyTooLarge):
                await limit({"type": "http", "headers": []}, receive, ignore)

    asyncio.run(talk())


def chunks_of(size: int) -> Iterable[bytes]:
    yield from (b" " * 1000 for _ in range(size // 1000 + 1))


@pytest.mark.parametrize("announced", [True, False])
def test_too_much_is_a_problem_document_over_http(live: Live, announced: bool) -> None:  # noqa: FBT001 - a table of cases
    content = b" " * (MAX_BODY_BYTES + 1) if announced else chunks_of(MAX_BODY_BYTES)
    with TestClient(create_app(live, keyring=keyring()), headers=HEADER) as client:
        response = client.post(
            "/v1/churn:batch", content=content, headers={"content-type": "application/json"}
        )
        assert response.status_code == 413
        assert response.headers["content-type"] == MEDIA_TYPE
        assert response.json()["type"] == "/problems/body-too-large"
        assert client.get("/readyz").status_code == 200
