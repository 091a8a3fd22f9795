"""The running service: one socket, and as many processes as wanted whose event loops answer what arrives there.

Workers share the socket, how often each key calls, and what is measured. Each has models and store of its own, and
looks for newer ones itself.
"""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Collection
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from features.errors import InputError
from serving.admission.rates import make_rates
from serving.process.lightgbm_alone import import_lightgbm_alone
from serving.process.one_thread import use_one_thread
from serving.process.shared import shared_folder
from serving.settings import Settings
from serving.telemetry import logs, metrics
from serving.telemetry.collector import require_installed

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 60
"""Longer than callers and proxies mostly keep an idle connection: who closes it knows that it is closed."""
END_SECONDS = 30
"""For what is being answered when the socket closes: a batch takes some seconds, an erasure longer."""
HEALTH_SECONDS = 30
"""Within which one of several workers shows that it lives; on a busy machine it may take its time."""


def serve(settings: Settings) -> None:
    """Serve until told to stop. Starts without model, store or keys as well: says so, and picks them up later.

    Raises `InputError` when the address cannot be listened on, when a collector of traces is named and what sends
    to it is not installed, and for a catalogue without a policy.
    """
    require_installed()
    _ = settings.rule_files  # refused here in one sentence, and not by each worker in turn
    listener = listen(settings.host, settings.port)
    logs.take_over()
    if settings.workers == 1:
        for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn sends itself again what ended it.
            signal.signal(number, lambda *_: sys.exit())
        uvicorn.Server(_configuration(settings, listener, None)).run(sockets=[listener])
        return
    with shared_folder() as folder:
        config = _configuration(settings, listener, _share(folder))
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)
        Workers(config, [listener]).run()


def listen(host: str, port: int) -> socket.socket:
    """The bound socket; callers may connect at once."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as fault:
        raise InputError(
            f"cannot listen on {host} port {port} ({fault.strerror}): give another --host or --port"
        ) from fault
    # asyncio sets this only on sockets that name their protocol; this one does not, and answers would wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Told(threading.Event):
    """That the workers shall stop: set, or told by a signal that nobody has looked at yet.

    A handler of signals must not set it: it could wait for a lock of the thread that it interrupts.
    """

    def __init__(self, signals: Collection[int]) -> None:
        super().__init__()
        self._signals = signals

    def is_set(self) -> bool:
        """Also while workers are replaced, when uvicorn looks at no signal."""
        return super().is_set() or signal.SIGTERM in self._signals or signal.SIGINT in self._signals


class Workers(Multiprocess):
    """uvicorn's processes; whoever tells their parent to stop a second time tells all of them.

    While they are replaced one after the other, that they shall stop is heard as well.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.should_exit = _Told(self.signal_queue)

    def keep_subprocess_alive(self) -> None:
        """Replace the dead before anybody is waited for who hangs.

        Only a worker holds its end of the pipe: that it is gone ends the wait for its word.
        """
        for worker in self.processes:
            worker.child_conn.close()
        self.processes.sort(key=lambda worker: worker.process.is_alive())
        super().keep_subprocess_alive()

    def join_all(self) -> None:
        """Wait for their end; the socket closes with the last of them."""
        for listener in self.sockets:
            listener.close()
        self.signal_queue.clear()
        for process in self.processes:
            while process.process.is_alive():
                if self.signal_queue:
                    self.signal_queue.clear()
                    self.terminate_all()
                process.process.join(timeout=0.2)


def _share(folder: Path) -> Path:
    """Make what workers share; where metrics are is read from the environment, by the workers alone."""
    make_rates(folder / "rates")
    measured = folder / "metrics"
    measured.mkdir()
    os.environ[metrics.FOLDER] = str(measured)
    return folder / "rates"


def _configuration(settings: Settings, listener: socket.socket, rates: Path | None) -> uvicorn.Config:
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return uvicorn.Config(
        partial(_application, settings, address, rates),
        factory=True,
        workers=settings.workers,
        http="serving.admission.connection:Connection",
        ws="none",
        log_config=None,
        log_level="error",  # a warning for each caller that sends no HTTP would have no bound
        access_log=False,  # a path holds a customer's id
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
        timeout_worker_healthcheck=HEALTH_SECONDS,
    )


def _application(settings: Settings, address: str, rates: Path | None) -> FastAPI:
    """What answers in this process, which may be a new one."""
    use_one_thread()
    import_lightgbm_alone()
    from serving.process.worker import application  # noqa: PLC0415 - loads what the lines above prepare for

    return application(settings, address, rates)
