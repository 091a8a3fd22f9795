"""What an answer to "what should this customer be offered" costs, beside an empty request of the same service.

`python -m benchmarks.offers [--json FILE]` starts the service in a process of its own, as `python -m serving run`
does, with one route more that does nothing, and asks by turns: nothing, the offers of a customer with 200
candidates, and, in this process, for the scores of such candidates alone. Model, store and customers are made up,
of the size that `training/config.toml` gives.

A cost is processor time of the process that does the work, so that neither the client nor other work on the
machine counts; how long a caller waits stands beside it. The figures are medians of one run on one machine, so
look at the ratios.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import click
import uvicorn
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from benchmarks.made_up_offers import made_up_rows, publish_into, release_into, whole_pair_set
from features.pairs import PairSet
from features.store import SqliteStore
from serving.app import create_app
from serving.cross_sell.answers import Offers
from serving.keys.changes import Rights, create_key
from serving.keys.key_file import MAX_RATE
from serving.keys.keyring import Keyring
from serving.live.live import Live
from serving.live.models import load_live
from serving.live.watch import Watch
from serving.process.one_thread import ONE_THREAD
from serving.process.server import listen
from serving.settings import Settings
from training.config import read_config

CANDIDATES = 200
CUSTOMERS = 200
LIMIT = 10
TIMES = 3.0
"""The bar: the time of scoring over that of an empty request.

It is missed since uvicorn reads requests with httptools on uvloop: 3.4 x, where h11 on asyncio, tried in the same
hour, gives 2.1 x. An empty request costs half of what it did when the bar was set; scoring became no dearer.
"""
MISSED = (
    f"The bar of {TIMES:g} x was set when h11 on asyncio read requests; an empty one costs half of that since, so "
    "look at the milliseconds of scoring."
)

TOGETHER = 20
"""Calls of one kind between two looks at the clock."""

KEYS = "keys.json"
EMPTY, OFFERS, SCORING = "empty request", "offers request", "scoring"
READING, TREES = "- store", "- model"
_NOTES = Console(stderr=True)

Call = Callable[[str], object]
"""Something to time, for one customer."""
Clock = Callable[[], float]


@dataclass(frozen=True)
class Cost:
    """What one call costs, in milliseconds: medians over all rounds."""

    processor: float
    waiting: float
    """How long the caller waits; where many programs want the processor, longer than the work takes."""


async def nothing() -> None:
    """Answer at once."""


async def spent() -> float:
    """Processor seconds of the service so far."""
    return time.process_time()


def serve(folder: Path, port: Connection) -> None:
    """The service over a folder, as `serving.process.server` has it, with two routes more; sends its port."""
    live = Live()
    settings = Settings(port=0, release=folder / "release", store=folder / "online.sqlite")
    watch = Watch(live, settings)
    watch.refresh()
    assert live.served is not None, live.fault
    app = create_app(live, watch, keyring=Keyring(folder / KEYS))
    app.add_api_route("/nothing", nothing)
    app.add_api_route("/spent", spent)
    config = uvicorn.Config(app, access_log=False, log_level="warning", server_header=False)
    listener = listen("127.0.0.1", 0)
    port.send(listener.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def served(folder: Path) -> Iterator[Callable[[str], bytes]]:
    """What gets a path of the service, which runs for as long as it is used, with one thread for scores."""
    key = create_key(folder / KEYS, Rights("benchmark", ("read",), MAX_RATE), datetime.now(UTC))
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    process_context = get_context("spawn")
    ours, theirs = process_context.Pipe()
    process = process_context.Process(target=serve, args=(folder, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        connection = HTTPConnection("127.0.0.1", ours.recv(), timeout=30)
        yield partial(asked, connection, {"authorization": f"Bearer {key}"})
        connection.close()
    finally:
        process.terminate()
        process.join()


def asked(connection: HTTPConnection, headers: Mapping[str, str], path: str) -> bytes:
    """The body of an answer, which must be a good one."""
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == HTTPStatus.OK, body
    return body


def scoring(folder: Path, pairs: PairSet) -> dict[str, Call]:
    """Scoring by what the service itself uses, in this process, without HTTP and JSON; and two parts of it.

    `Offers` is asked for one offer, so that all candidates are read, scored and put in order.
    """
    models, store = load_live(folder / "release"), SqliteStore(folder / "online.sqlite")
    assert models.cross_sell is not None, "it was just written"
    offers = Offers(*models.cross_sell, store)
    rows = made_up_rows(pairs.names, CANDIDATES)
    parents = [store.items[place].parent for place in range(CANDIDATES)]
    return {
        SCORING: lambda customer: offers.answer(customer, "all", 1),
        READING: store.candidates,
        TREES: lambda _: offers.model.probabilities(rows, parents),
    }


def by_turns(
    calls: Mapping[str, tuple[Call, Clock]], customers: Sequence[str], rounds: int
) -> dict[str, Cost]:
    """What every call costs; in each round one kind after the other, so that all see the same machine.

    The clock of a kind says how many processor seconds its process has spent so far.
    """
    processor: dict[str, list[float]] = {name: [] for name in calls}
    waiting: dict[str, list[float]] = {name: [] for name in calls}
    asking = cycle(customers)
    for _round in track(range(rounds + 1), description="asking by turns", console=_NOTES):
        for name, (call, clock) in calls.items():
            before = clock()
            for customer in islice(asking, TOGETHER):
                started = time.perf_counter()
                call(customer)
                waiting[name].append(1000 * (time.perf_counter() - started))
            processor[name].append(1000 * (clock() - before) / TOGETHER)
    return {  # the first round warms up
        name: Cost(median(processor[name][1:]), median(waiting[name][TOGETHER:])) for name in calls
    }


def ratios(found: Mapping[str, Cost]) -> dict[str, Cost]:
    """Each cost over that of an empty request."""
    empty = found[EMPTY]
    return {
        name: Cost(cost.processor / empty.processor, cost.waiting / empty.waiting)
        for name, cost in found.items()
    }


def print_costs(console: Console, found: Mapping[str, Cost]) -> None:
    """One line a kind of call; the bar is for the work of scoring."""
    heads = ("ms", "work", "over empty", "waiting", "over empty", "bar", "")
    grid = Grid(*heads, title=f"{CANDIDATES} candidates", title_justify="left")
    for name, ratio in ratios(found).items():
        bar = (f"< {TIMES:g} x", "met" if ratio.processor < TIMES else "missed") if name == SCORING else ()
        pairs = ((found[name].processor, ratio.processor), (found[name].waiting, ratio.waiting))
        grid.add_row(name, *(text for ms, over in pairs for text in (f"{ms:.3f}", f"{over:.2f} x")), *bar)
    console.print(grid)


def as_json(found: Mapping[str, Cost], model: Mapping[str, int], rounds: int) -> dict[str, object]:
    """Everything that is printed, for a program."""
    over_empty = ratios(found)
    return {
        "candidates": CANDIDATES,
        "calls": rounds * TOGETHER,
        **model,
        "milliseconds": {name: asdict(cost) for name, cost in found.items()},
        "over_empty": {name: asdict(ratio) for name, ratio in over_empty.items()},
        "bar": TIMES,
        "met": over_empty[SCORING].processor < TIMES,
    }


@click.command()
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help=f"Times {TOGETHER} calls of each kind.",
)
@click.option(
    "--json", "figures", type=click.Path(path_type=Path), help="Also write every figure to this file."
)
def main(rounds: int, figures: Path | None) -> None:
    """Compare offers, and their scoring alone, with an empty request of the same service."""
    console, pairs = Console(), whole_pair_set()
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        with _NOTES.status("making a model and a store up"):
            trees = release_into(
                folder / "release", pairs, read_config().cross_sell
            ).score.booster.num_trees()
            customers = publish_into(folder / "online.sqlite", pairs, CUSTOMERS, CANDIDATES)
        with served(folder) as ask:

            def clock() -> float:
                return float(ask("/spent"))

            calls: dict[str, tuple[Call, Clock]] = {
                EMPTY: (lambda _: ask("/nothing"), clock),
                OFFERS: (lambda name: ask(f"/v1/customers/{name}/offers?limit={LIMIT}"), clock),
            }
            calls |= {name: (call, time.process_time) for name, call in scoring(folder, pairs).items()}
            found = by_turns(calls, customers, rounds)
    model = {"features": len(pairs.names), "trees": trees}
    print_costs(console, found)
    console.print(
        f"{trees} trees over {len(pairs.names)} features; {rounds * TOGETHER:,} calls of each kind, "
        f"{TOGETHER} by turns."
    )
    if ratios(found)[SCORING].processor >= TIMES:
        console.print(MISSED)
    if figures:
        figures.write_text(json.dumps(as_json(found, model, rounds), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
