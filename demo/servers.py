"""The service and MLflow's pages, each on a port of its own."""

import os
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from demo.asking import HOST, Service, ask
from demo.processes import Children
from demo.terminal import CONSOLE, end
from features.errors import InputError

SERVICE_PORT, MLFLOW_PORT = 8000, 5000
STARTING_SECONDS = 120.0
CREATE = ("serving", "keys", "create", "--scope", "read", "--scope", "decide")
KEYS = (*CREATE, "--scope", "write", "--name", "demo", "--days", "1", "--rate", "10000")
SERVICE_LOG = Path("workspace/service.log")
"""One line for each call: too many for a terminal in which something else is told."""


def serve(children: Children) -> tuple[subprocess.Popen[bytes], Service]:
    """Make a key and start the service; returns both once it is ready to answer. It logs to a file."""
    service = Service(free_port(SERVICE_PORT), key=children.told("-m", *KEYS).strip())
    command = ("-m", "serving", "run", "--port", str(service.port))
    running = children.start(*command, log=SERVICE_LOG, SERVING_DRAIN_SECONDS="0")
    wait_until_up(running, service.port, f": {SERVICE_LOG} says why")
    ask(service, "/readyz")
    return running, service


def free_port(preferred: int) -> int:
    """The preferred port, or any other when somebody listens there."""
    with socket.socket() as probe:
        # as servers do: a port that was left a moment ago counts as free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, preferred))
        except OSError:
            return free_port(0)
        return int(probe.getsockname()[1])


def wait_until_up(server: subprocess.Popen[bytes], port: int, why: str = "") -> None:
    """Wait until somebody listens on the port. Ends the demo when the server has ended or takes too long."""
    deadline = time.monotonic() + STARTING_SECONDS
    while not _listens(port):
        if server.poll() is not None:
            end(f"the server for port {port} ended before it answered{why}", server.returncode)
        if time.monotonic() > deadline:
            raise InputError(f"nothing answers on port {port} after {STARTING_SECONDS:.0f} seconds")
        time.sleep(0.1)


def registry_pages(children: Children) -> str:
    """The address of MLflow's pages: of the tracking server in use, or else of one started here.

    The one started here runs no jobs: pages need none, and their workers would take most of a minute to start.
    """
    registry = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    if registry.startswith("http"):
        return registry
    port = free_port(MLFLOW_PORT)
    place = ("--backend-store-uri", registry, "--host", HOST, "--port", str(port))
    command = ("-m", "mlflow", "server", *place, "--workers", "1", "--uvicorn-opts", "--log-level warning")
    started = children.start(*command, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", PYTHONWARNINGS="ignore")
    wait_until_up(started, port)
    return f"http://{HOST}:{port}"


def keep_serving(children: Children, service: subprocess.Popen[bytes], port: int) -> None:
    """Say where everything is, then wait for Ctrl-C, or for the service to end by itself."""
    with suppress(KeyboardInterrupt):
        CONSOLE.print(f"\n[bold]service[/]   http://{HOST}:{port}")
        CONSOLE.print(f"[bold]its docs[/]  http://{HOST}:{port}/docs")
        CONSOLE.print(f"[bold]a key[/]     python -m {' '.join(CREATE)} --name me")
        CONSOLE.print(f"[bold]its log[/]   {SERVICE_LOG}")
        with CONSOLE.status("starting MLflow's pages"):
            pages = registry_pages(children)
        CONSOLE.print(f"[bold]MLflow[/]    {pages}\n\nServing until Ctrl-C.")
        end("the service ended by itself", service.wait() or 1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
