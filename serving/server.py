"""The running service: one process whose event loop scores and answers; threads wait for ledger and disk."""

import socket

import uvicorn

from serving import logs
from serving.app import create_app
from serving.keys.keyring import Keyring
from serving.live import Live, Watch
from serving.settings import Settings
from serving.tracing import open_sender


def serve(settings: Settings) -> None:
    """Serve until told to stop. Starts without model or store as well: says so, and picks them up later."""
    live = Live()
    watch = Watch(live, settings)
    watch.refresh()
    config = uvicorn.Config(
        create_app(
            live,
            watch,
            keyring=Keyring(settings.keys),
            most_in_flight=settings.most_in_flight,
            ready_when_stale=settings.ready_when_stale,
            budget_seconds=settings.budget_ms / 1000,
            traces=open_sender(),
        ),
        host=settings.host,
        port=settings.port,
        access_log=False,  # a path holds a customer's id
        log_level="error",  # a warning for each caller that sends no HTTP would be neither JSON nor bounded
        ws="none",
        server_header=False,
    )
    listener = listen(config)
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    logs.event("started", address=address, docs=f"{address}/docs", ready=live.served is not None)
    uvicorn.Server(config).run(sockets=[listener])


def listen(config: uvicorn.Config) -> socket.socket:
    """The bound socket; callers may connect at once."""
    listener = config.bind_socket()
    # asyncio sets this only on sockets that name their protocol; uvicorn's does not, and answers wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.listen(config.backlog)
    return listener
