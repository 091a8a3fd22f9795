"""Talks over TCP with an application behind connections of ours."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from serving.admission.connection import Connection
from serving.process.server import listen

Talk = Callable[[int], Coroutine[Any, Any, None]]
GET = b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says at once that it is there; at /read reads the body first, at /echo says it, at /never nothing."""
    if scope["path"] == "/never":
        await asyncio.Event().wait()
    if scope["path"] == "/echo":
        await Response(await Request(scope, receive).body())(scope, receive, send)
        return
    if scope["path"] == "/read":
        await Request(scope, receive).body()
    await PlainTextResponse("here")(scope, receive, send)


def served(talk: Talk) -> None:
    """Run a talk with the port of a server."""

    async def run() -> None:
        listener = listen("127.0.0.1", 0)
        config = uvicorn.Config(
            app, http=Connection, lifespan="off", log_config=None, timeout_graceful_shutdown=0
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))  # noqa: SLF001 - leaves signals alone
        try:
            async with asyncio.timeout(60):
                await talk(listener.getsockname()[1])
        finally:
            server.should_exit = server.force_exit = True
            await serving

    asyncio.run(run())


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.transport.abort()


async def answered(reader: StreamReader) -> tuple[int, bytes]:
    """Status and body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    return int(head.split()[1]), await reader.readexactly(int(length.split()[1]))


@asynccontextmanager
async def known(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """A connection on which there has been an answer, so that it is no new one."""
    async with connected(port) as (reader, writer):
        writer.write(GET % b"/")
        assert await answered(reader) == (200, b"here")
        yield reader, writer


async def left(reader: StreamReader) -> None:
    """The connection ends without an answer."""
    with suppress(ConnectionResetError):
        assert await reader.read() == b""


async def refused(reader: StreamReader, status: int, name: str) -> None:
    """The next answer is a problem, and the last one."""
    found, body = await answered(reader)
    assert (found, json.loads(body)["type"]) == (status, f"/problems/{name}")
    assert await reader.read() == b""
