"""Who offers to go on with another protocol, as Java's client does with HTTP/2, is answered in this one."""

import asyncio

import pytest

from tests.serving.admission.talking import GET, answered, connected, refused, served

BODIES = {
    "none": b"\r\n",
    "sized": b"content-length: 4\r\n\r\nbody",
    "chunked": b"transfer-encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("piece", [1, 7, 1_000])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_offer_to_speak_another_protocol_is_passed_over(body: bytes, piece: int) -> None:
    """And the body is read, as that of the next request on the same connection."""
    offering = b"POST /echo HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: h2c\r\n" + body
    expected = b"" if body == BODIES["none"] else b"body"

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            for start in range(0, 2 * len(offering), piece):
                writer.write((2 * offering)[start : start + piece])
                await asyncio.sleep(0)
            for _ in range(2):
                assert await answered(reader) == (200, expected)
            writer.write(GET % b"/")
            assert await answered(reader) == (200, b"here")

    served(talk)


def test_an_offer_with_a_body_that_ends_nowhere_is_refused() -> None:
    head = b"POST /echo HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: h2c\r\ntransfer-encoding: gzip\r\n\r\n"

    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(head)
            await refused(reader, 400, "malformed-request")

    served(talk)


@pytest.mark.parametrize("offer", [b"", b"connection: Upgrade\r\nupgrade: h2c\r\n"])
def test_what_is_sent_after_a_last_request_is_passed_over(offer: bytes) -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\n" + offer + b"\r\n")
            assert await answered(reader) == (200, b"here")
            writer.write(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\nGET / HTTP/1.1\r\n")
            assert await answered(reader) == (200, b"here")

    served(talk)


def test_what_follows_an_offer_and_is_no_http_is_refused() -> None:
    async def talk(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n" + b"\x16\x03\x01")
            await refused(reader, 400, "malformed-request")

    served(talk)
