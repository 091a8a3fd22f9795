"""One process of the service: what it serves, who may call, and how it ends."""

import os
import sys
from multiprocessing import parent_process
from pathlib import Path

from fastapi import FastAPI

from serving.admission.rates import Rates
from serving.app import create_app
from serving.keys.keyring import Keyring
from serving.live.live import Live
from serving.live.watch import Watch
from serving.process.draining import Draining
from serving.process.garbage import spare_what_is_loaded
from serving.settings import Settings
from serving.telemetry import logs
from serving.telemetry.collector import open_sender


def application(settings: Settings, address: str, rates: Path | None) -> FastAPI:
    """The service over what the settings name, which ends by SIGTERM; to be made where the loop runs.

    `rates` is the file that one of several workers shares with the others, None for the only one.
    """
    if settings.workers > 1:
        logs.write_to(sys.stderr)
        logs.take_over()
    live = Live()
    watch = Watch(live, settings, spare_what_is_loaded)
    watch.look()
    app = create_app(
        live,
        watch,
        keyring=Keyring(settings.keys),
        rates=Rates(rates),
        most_in_flight=settings.most_in_flight,
        ready_when_stale=settings.ready_when_stale,
        budget_seconds=settings.budget_ms / 1000,
        traces=open_sender(),
    )
    draining = Draining(app.state.runtime, settings.drain_seconds)
    if (parent := parent_process()) is not None:
        draining.end_with(parent.sentinel)
    said = {"docs": f"{address}/docs", "ready": live.served is not None, "worker": os.getpid()}
    logs.event("started", address=address, **said)
    return app
