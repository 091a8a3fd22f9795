"""The whole road in one command: raw transactions become served, explained churn scores and offers.

Runs the public command lines one after the other, as a person would type them, starts the service and asks it for
three customers. `python demo.py --exit` stops after the answers; otherwise it serves until Ctrl-C.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Self
from urllib.parse import quote

import click
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from features.dataset import read_dataset
from features.errors import InputError
from features.wording import PLACE, say
from serving.churn.schemas import ChurnAnswer, ChurnBatchAnswer
from serving.cross_sell.schemas import OffersAnswer
from serving.schemas import MAX_BATCH, ReleaseAnswer

DATASET = Path("features/datasets/complete_journey.toml")
STORE = Path("workspace/online.sqlite")
HOST = "127.0.0.1"
SERVICE_PORT, MLFLOW_PORT = 8000, 5000
STARTING_SECONDS = 120.0
SHOWN = 3
"""Customers whose answers are printed."""

_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COLOURS = {"high": "red", "medium": "yellow", "low": "green", "lapsed": "bright_black"}
"""Whom to ask for, in this order."""
_MARKS = {"raises": "▲ raises the risk:", "lowers": "▼ lowers the risk:"}
OFFERED = {"repeat": ("buys again", 2), "new": ("new", 3)}
"""Kinds of offers that are asked for: how they are called, and how many."""

_CONSOLE = Console(highlight=False)


@dataclass(frozen=True)
class Step:
    """One of our command lines; after exit codes other than `fine` the demo ends."""

    title: str
    command: tuple[str, ...]
    fine: tuple[int, ...] = (0,)


class Children:
    """Processes that end with the block, together with everything that they started.

    A child that does not end within `patience` seconds after SIGTERM is killed.
    """

    def __init__(self, patience: float = 10.0) -> None:
        self._patience = patience
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them all, the latest first; a further request to stop waits until that is done."""
        with _undisturbed():
            running = [child for child in reversed(self._started) if child.poll() is None]
            for child in running:
                _signal(child, signal.SIGTERM)
            for child in running:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(self._patience)
                _signal(child, signal.SIGKILL)
                child.wait()

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start `python ARGUMENTS` in a process group of its own, so that Ctrl-C reaches it through us only.

        `variables` join the environment. The demo has fixed places for release and store, so that settings of the
        service are not handed on.
        """
        settings = {k: v for k, v in os.environ.items() if not k.startswith("SERVING_")} | variables
        with _undisturbed():
            child = subprocess.Popen([sys.executable, *arguments], env=settings, process_group=0)
            self._started.append(child)
        return child


def declares_offers(dataset: Path) -> bool:
    """Whether the dataset says what to offer; one that cannot be read is left to the step that says why."""
    with suppress(InputError):
        return read_dataset(dataset).cross_sell is not None
    return False


def road(dataset: Path) -> tuple[Step, ...]:
    """The steps from raw tables to verified models on disk."""
    declared = ("--dataset", str(dataset))
    promote, gate = ("training", "promote"), "Promote it, if it passes the gate"
    cross_sell = (
        Step("Train the cross-sell model and judge it likewise", ("training", "cross-sell", *declared)),
        Step(gate, (*promote, "--model", "cross_sell"), fine=(0, 1)),
    )
    return (
        Step("Check the raw tables against the contract", ("features", "check", *declared)),
        Step("Build what was known of each customer, week by week", ("features", "build", *declared)),
        Step("Train the churn model and judge it on later periods", ("training", "churn", *declared)),
        Step(gate, promote, fine=(0, 1)),
        *(cross_sell if declares_offers(dataset) else ()),
        Step("Publish what is known of each customer now", ("features", "publish", *declared)),
        Step("Fetch the champions from the registry and verify them", ("serving", "pull")),
    )


def run(children: Children, steps: Sequence[Step]) -> None:
    """Run the steps in order. The first that fails ends the demo with its exit code; it has said why itself."""
    for number, step in enumerate(steps, 1):
        with timed(f"{number}/{len(steps) + 1}  {step.title}", step.command):
            code = children.start("-m", *step.command).wait()
        if code not in step.fine:
            _end(f"step {number} ended with exit code {code}, so the demo stops here", code)


@contextmanager
def timed(title: str, command: Sequence[str]) -> Iterator[None]:
    """A heading with the command line below it, and afterwards how long it took."""
    _CONSOLE.print(f"\n[bold]{title}[/]")
    _CONSOLE.print(f"     [dim]python -m {' '.join(command)}[/]", soft_wrap=True)
    begun = time.monotonic()
    yield
    _CONSOLE.print(f"     [dim]took {time.monotonic() - begun:.1f} s[/]")


def serve(children: Children) -> tuple[subprocess.Popen[bytes], int]:
    """Start the service; returns it with its port once it is ready to answer."""
    port = free_port(SERVICE_PORT)
    service = children.start("-m", "serving", "run", "--port", str(port))
    wait_until_up(service, port)
    ask(port, "/readyz")
    return service, port


def three_answers(port: int, customer_ids: Sequence[str]) -> list[ChurnAnswer]:
    """The answers for one customer of each band, or of those who lapsed where a band is empty."""
    batch = ask(port, "/v1/churn:batch", {"customer_ids": list(customer_ids)})
    chosen = choose(ChurnBatchAnswer.model_validate_json(batch).results)
    calls = (f"/v1/customers/{quote(customer_id, safe='')}/churn" for customer_id in chosen)
    return [ChurnAnswer.model_validate_json(ask(port, call)) for call in calls]


def choose(answers: Sequence[ChurnAnswer]) -> list[str]:
    """Ids of up to three customers that differ: the one in the middle of each band, the riskiest band first."""
    ranked = sorted(answers, key=lambda answer: (answer.probability or 0.0, answer.customer_id))
    groups = [[a.customer_id for a in ranked if (a.band or a.status) == kind] for kind in _COLOURS]
    return [group[len(group) // 2] for group in groups if group][:SHOWN]


def print_offers(port: int, customer_ids: Sequence[str]) -> None:
    """What to offer each customer, or why no model says it."""
    release = ReleaseAnswer.model_validate_json(ask(port, "/v1/release"))
    if not any(model.name == "cross_sell" and model.answers for model in release.models):
        reason = release.fault or "no cross-sell model has passed the gate, which lists what failed"
        _CONSOLE.print(Text(f"No offers: {reason}."))
        return
    for customer_id in customer_ids:
        call = f"/v1/customers/{quote(customer_id, safe='')}/offers"
        asked = (f"{call}?kind={kind}&limit={limit}" for kind, (_, limit) in OFFERED.items())
        _CONSOLE.print(offers_panel([OffersAnswer.model_validate_json(ask(port, one)) for one in asked]))


def published_customers(store: Path = STORE) -> list[str]:
    """The first ids of the online store, as many as one batch may ask for."""
    with closing(sqlite3.connect(store)) as connection:
        ids = connection.execute("SELECT customer_id FROM customers ORDER BY 1 LIMIT ?", (MAX_BATCH,))
        return [customer_id for (customer_id,) in ids]


def ask(port: int, path: str, body: object = None) -> bytes:
    """GET, or POST a body as JSON. Raises `InputError` with the detail of a problem document."""
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        content = None if body is None else json.dumps(body)
        connection.request("POST" if content else "GET", path, content, {"content-type": "application/json"})
        answer = connection.getresponse()
        found = answer.read()
    if answer.status != HTTPStatus.OK:
        raise InputError(f"the service answers {path} with {answer.status}: {json.loads(found)['detail']}")
    return found


def panel(answer: ChurnAnswer) -> Panel:
    """An answer for people: how likely, and why."""
    reasons = Table.grid(padding=(0, 1))
    for reason in answer.reasons:
        reasons.add_row(_MARKS[reason.direction], Text(reason.words))
    content = Group(Text(answer.summary, style="bold"), reasons)
    kind = answer.band or answer.status
    return _panel(answer, kind, content, _COLOURS[kind])


def offers_panel(answers: Sequence[OffersAnswer]) -> Panel:
    """What to offer one customer, answer by answer: the item, how likely, and the two strongest reasons."""
    rows = Table.grid(padding=(0, 2))
    for offer in (offer for answer in answers for offer in answer.offers):
        likely, why = say(PLACE, "share", offer.probability), "\n".join(r.words for r in offer.reasons[:2])
        rows.add_row(OFFERED[offer.kind][0], likely, Text(offer.name), Text(why))
    said = "no history, so what is popular" if answers[0].status == "cold" else "likely to buy"
    return _panel(answers[0], f"{said} within {answers[0].horizon_days} days", rows, "cyan")


def _panel(answer: ChurnAnswer | OffersAnswer, kind: str, content: RenderableType, colour: str) -> Panel:
    return Panel(
        content,
        title=Text(f"customer {answer.customer_id}: {kind}", style=f"bold {colour}"),
        title_align="left",
        subtitle=Text(f"{answer.model.name} {answer.model.version}, known as of {answer.as_of:%Y-%m-%d}"),
        subtitle_align="right",
        border_style=colour,
        width=90,
    )


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


def wait_until_up(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait until somebody listens on the port. Ends the demo when the server has ended or takes too long."""
    deadline = time.monotonic() + STARTING_SECONDS
    while not _listens(port):
        if server.poll() is not None:
            _end(f"the server for port {port} ended before it answered", server.returncode)
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
    quietly = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}
    wait_until_up(children.start(*command, **quietly), port)
    return f"http://{HOST}:{port}"


def keep_serving(children: Children, service: subprocess.Popen[bytes], port: int) -> None:
    """Say where everything is, then wait for Ctrl-C, or for the service to end by itself."""
    with suppress(KeyboardInterrupt):
        _CONSOLE.print(f"\n[bold]service[/]   http://{HOST}:{port}")
        _CONSOLE.print(f"[bold]its docs[/]  http://{HOST}:{port}/docs")
        with _CONSOLE.status("starting MLflow's pages"):
            pages = registry_pages(children)
        _CONSOLE.print(f"[bold]MLflow[/]    {pages}\n\nServing until Ctrl-C.")
        _end("the service ended by itself", service.wait() or 1)


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), default=DATASET, show_default=True)
@click.option("--exit", "leave", is_flag=True, help="Stop after the answers instead of serving until Ctrl-C.")
def demo(dataset: Path, *, leave: bool) -> None:
    """From raw transactions to served, explained churn scores and offers."""
    begun = time.monotonic()
    steps = road(dataset)
    with Children() as children:
        run(children, steps)
        number = len(steps) + 1
        with timed(f"{number}/{number}  Start the service and ask for three customers", ("serving", "run")):
            service, port = serve(children)
            answers = three_answers(port, published_customers())
        for answer in answers:
            _CONSOLE.print(panel(answer))
        if declares_offers(dataset):
            print_offers(port, [answer.customer_id for answer in answers])
        _CONSOLE.print(f"From raw tables to these answers: {time.monotonic() - begun:.0f} s.")
        if not leave:
            keep_serving(children, service, port)


def main() -> None:
    """Run the demo. A request to stop ends all that it started; bad input ends in one sentence and exit code 2."""
    for number in _TO_STOP[1:]:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        demo(prog_name="python demo.py")
    except InputError as error:
        _end(str(error), 2)


def _end(message: str, code: int) -> None:
    """End the demo with an error; who was killed by signal N counts as exit code 128 + N, as in a shell."""
    click.echo(f"error: {message}", err=True)
    sys.exit(code if code >= 0 else 128 - code)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Requests to stop wait until the block has ended, so that no child is forgotten."""
    waiting: list[int] = []
    handlers = {each: signal.signal(each, lambda number, _: waiting.append(number)) for each in _TO_STOP}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for came in waiting:
        signal.raise_signal(came)


if __name__ == "__main__":
    main()
