"""What it costs to let a call in: reading its head, and judging key, rate and place.

`python -m benchmarks.admission` feeds one request again and again to uvicorn's two readers and to ours, which adds
bounds to the quicker one, and to the layer that judges, with what one worker has and with what several share.
Processor time in this process, the best of some rounds; nothing goes over a socket. Look at the ratios.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import uvicorn
from rich.console import Console
from rich.table import Table as Grid
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from serving.admission.admission import Admission
from serving.admission.connection import Connection
from serving.admission.rates import Rates, make_rates
from serving.keys.changes import Rights, create_key
from serving.keys.key_file import MAX_RATE
from serving.keys.keyring import Keyring
from serving.runtime import Runtime
from serving.settings import MOST_IN_FLIGHT

CALLS, ROUNDS = 3000, 7
READERS = {"h11": H11Protocol, "httptools": HttpToolsProtocol, "httptools with bounds": Connection}
Call = Callable[[], Awaitable[object]]


async def microseconds(call: Call) -> float:
    """Of processor time for one call, in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        spent = time.process_time()
        for _ in range(CALLS):
            await call()
        rounds.append(time.process_time() - spent)
    return 1e6 * min(rounds) / CALLS


class NoSocket(asyncio.Transport):
    """Takes every answer."""

    def get_extra_info(self, name: str, default: object = None) -> object:  # noqa: ARG002 - as transports have it
        """Nothing is known of a caller."""
        return default

    def write(self, data: object) -> None:
        """Goes nowhere."""

    def is_closing(self) -> bool:
        """Stays open."""
        return False

    def close(self) -> None:
        """Somebody may want to."""


async def nothing(_: Scope, __: Receive, send: Send) -> None:
    """Answers at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def ignore(_: Message) -> None:
    """Nobody listens."""


async def silence() -> Message:
    """Nobody says anything."""
    return {"type": "http.disconnect"}


def reading(reader: Any, request: bytes) -> Call:  # noqa: ANN401 - uvicorn has no name for its readers
    """Read a request and answer it with nothing."""
    config = uvicorn.Config(nothing, http=reader, lifespan="off", log_config=None, access_log=False)
    config.load()
    connection = reader(config=config, server_state=ServerState(), app_state={})
    connection.connection_made(NoSocket())

    async def call() -> None:
        connection.data_received(request)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    return call


def judging(app: Callable[[Scope, Receive, Send], Awaitable[None]], key: str) -> Call:
    """Judge a call of this key and answer it with nothing."""
    headers = [(b"host", b"x"), (b"accept", b"*/*"), (b"authorization", f"Bearer {key}".encode())]

    async def call() -> None:
        scope = {"type": "http", "path": "/v1/release", "headers": headers, "state": {}}
        await app(scope, silence, ignore)

    return call


def layer(folder: Path, rates: Path | None) -> Admission:
    """The layer over the keys of a folder."""
    ring = Keyring(folder / "keys.json")
    return Admission(
        nothing, keyring=ring, rates=Rates(rates), most_in_flight=MOST_IN_FLIGHT, runtime=Runtime()
    )


async def costs(folder: Path) -> dict[str, float]:
    """What each costs, in microseconds; judging without the call that is judged."""
    key = create_key(folder / "keys.json", Rights("benchmark", ("read",), MAX_RATE), datetime.now(UTC))
    make_rates(folder / "rates")
    head = f"GET /v1/release HTTP/1.1\r\nhost: x\r\naccept: */*\r\nauthorization: Bearer {key}\r\n\r\n"
    found = {
        f"read by {name}": await microseconds(reading(one, head.encode())) for name, one in READERS.items()
    }
    empty = await microseconds(judging(nothing, key))
    calls = {
        "let in by one worker": judging(layer(folder, None), key),
        "let in by one of several": judging(layer(folder, folder / "rates"), key),
        "refused without a key": judging(layer(folder, None), "none"),
    }
    return found | {name: await microseconds(call) - empty for name, call in calls.items()}


@click.command()
def main() -> None:
    """Print what it costs to read and to judge one request."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(costs(Path(folder)))
    grid = Grid("a request", "microseconds", "over httptools", title_justify="left")
    for name, cost in found.items():
        grid.add_row(name, f"{cost:.1f}", f"{cost / found['read by httptools']:.2f} x")
    Console().print(grid)


if __name__ == "__main__":
    main()
