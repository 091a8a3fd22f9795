"""A caller who takes too much or too long before there is a request is answered shortly, or not at all."""

import asyncio

import pytest

from serving.admission import connection
from serving.admission.connection import MAX_HEAD_BYTES, MAX_PIPELINED
from tests.serving.admission.talking import GET, answered, connected, known, left, refused, served
from tests.serving.measured import growth


def test_many_requests_follow_each_other_and_may_be_sent_ahead() -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            for _ in range(3):
                writer.write(GET % b"/" * MAX_PIPELINED)
                for _ in range(MAX_PIPELINED):
                    assert await answered(reader) == (200, b"here")

    served(talk)


def test_who_sends_very_many_requests_ahead_is_left() -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(GET % b"/never" * (MAX_PIPELINED + 3))
            await left(reader)

    served(talk)


HEADS = {
    "many headers": b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * MAX_HEAD_BYTES,
    "many empty headers": b"GET / HTTP/1.1\r\n" + b"a:\r\n" * MAX_HEAD_BYTES,
    "one endless header": b"GET / HTTP/1.1\r\na: " + b"b" * 4 * MAX_HEAD_BYTES,
    "one endless name": b"GET / HTTP/1.1\r\n" + b"b" * 4 * MAX_HEAD_BYTES,
    "an endless path": b"GET /" + b"b" * 4 * MAX_HEAD_BYTES,
    "a whole head that is too large": GET % (b"/" + b"b" * MAX_HEAD_BYTES),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_head_beyond_its_bound_is_refused_and_counted(head: bytes) -> None:
    counted = growth("nbo_refused_requests_total", reason="head")

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            for start in range(0, len(head), 4096):
                writer.write(head[start : start + 4096])
                await asyncio.sleep(0)
            await refused(reader, 431, "head-too-large")

    served(talk)
    assert counted() == 1


def test_a_head_within_its_bound_is_read_in_whatever_pieces() -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            for byte in GET % (b"/" + b"b" * 500):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
            assert await answered(reader) == (200, b"here")

    served(talk)


@pytest.mark.parametrize("text", [b"\x16\x03\x01", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_no_http_is_refused_and_counted(text: bytes) -> None:
    counted = growth("nbo_refused_requests_total", reason="malformed")

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(text)
            await refused(reader, 400, "malformed-request")

    served(talk)
    assert counted() == 1


def test_a_slow_head_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(port: int) -> None:
        async with known(port) as (reader, writer):
            monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)
            writer.write(b"GET / HTTP/1.1\r\n")
            await refused(reader, 408, "head-too-slow")
        async with connected(port) as (silent, _):
            assert await silent.read() == b""

    served(talk)


def test_a_slow_head_that_began_with_the_end_of_another_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(port: int) -> None:
        async with known(port) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\n")
            await asyncio.sleep(0.05)
            monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)
            writer.write(b"\r\nGET / HTTP/1.1\r\n")
            assert await answered(reader) == (200, b"here")
            await refused(reader, 408, "head-too-slow")

    served(talk)


def test_a_trickle_lengthens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(port: int) -> None:
        async with known(port) as (reader, writer):
            monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)

            async def trickle() -> None:
                writer.write(b"GET / HTTP/1.1\r\na: ")
                while True:
                    writer.write(b"b")
                    await asyncio.sleep(0.01)

            trickling = asyncio.create_task(trickle())
            await refused(reader, 408, "head-too-slow")
            trickling.cancel()

    served(talk)


def test_a_connection_that_was_slow_to_answer_is_no_slow_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 1)

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na")
            await asyncio.sleep(1.2)
            writer.write(b"b")
            assert await answered(reader) == (200, b"here")

    served(talk)


@pytest.mark.parametrize(
    ("size", "bound", "least"),
    [("1", "UNREAD_SECONDS", 0.2), ("fff", "MAX_UNREAD_BYTES", 100_000)],
    ids=["too long", "too much"],
)
def test_a_body_that_goes_on_after_the_answer_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, size: str, bound: str, least: float
) -> None:
    for name in ("UNREAD_SECONDS", "MAX_UNREAD_BYTES"):
        monkeypatch.setattr(connection, name, least if name == bound else 1_000_000_000)
    chunk = f"{size}\r\n".encode() + b"a" * int(size, 16) + b"\r\n"

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            assert await answered(reader) == (200, b"here")
            while not writer.transport.is_closing():
                writer.write(chunk)
                await asyncio.sleep(0.001)

    served(talk)


def test_a_body_that_ends_soon_after_the_answer_keeps_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "UNREAD_SECONDS", 1)

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na")
            assert await answered(reader) == (200, b"here")
            writer.write(b"b")
            await asyncio.sleep(1.2)
            writer.write(GET % b"/")
            assert await answered(reader) == (200, b"here")

    served(talk)


def test_trailers_are_bounded_as_a_head_is() -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
            writer.write(b"a: b\r\n" * MAX_HEAD_BYTES)
            await refused(reader, 431, "head-too-large")

    served(talk)


def test_a_body_that_is_no_body_is_refused_and_its_reader_hears_of_it() -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"POST /read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
            await refused(reader, 400, "malformed-request")

    served(talk)


def test_the_longest_waiting_connection_makes_room_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 3)
    counted = growth("nbo_refused_requests_total", reason="connections")

    async def talk(port: int) -> None:
        async with connected(port) as (busy, asking), connected(port) as (idle, writer):
            asking.write(GET % b"/never")
            writer.write(GET % b"/")
            assert await answered(idle) == (200, b"here")
            async with connected(port) as (partly, slow), connected(port) as (reader, new):
                slow.write(b"GET /")
                await left(idle)
                new.write(GET % b"/")
                assert await answered(reader) == (200, b"here")
                async with connected(port):
                    await left(partly)
            assert not busy.at_eof()

    served(talk)
    assert counted() == 2


def test_when_every_connection_is_being_answered_a_new_one_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 1)
    counted = growth("nbo_refused_requests_total", reason="connections")

    async def talk(port: int) -> None:
        async with connected(port) as (_, writer):
            writer.write(GET % b"/never")
            async with connected(port) as (reader, _):
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                assert head.startswith(b"http/1.1 503")
                assert b"retry-after: 1\r\n" in head

    served(talk)
    assert counted() == 1
