"""The service under load beside `mlflow models serve` and an empty route, side by side in one run.

`python -m benchmarks.service [--release FOLDER] [--store FILE] [--seconds 10] [--json FILE]` starts each
contestant in a process of its own with one worker, and asks by turns, over 16 connections that stay open, by a
caller in yet another process:

- `mlflow models serve` of the release's churn model: one customer a request, as a frame with named columns. Once
  more without a signature, for a bare array without names: the least that MLflow can be asked, and no contest,
  since nobody checks there what the numbers are.
- a route of the service that does nothing, behind the same key, metrics, log and limits,
- the churn call, without reasons and with five,
- next-best-offer: each request has a placement that was never named before, and so is a new decision, recorded in
  a SQLite ledger on disk before it is answered. The catalogue has 1,000 offers; the policy is that of the release,
  with caps so high that they are looked at and hold nobody back (`benchmarks.made_up_catalogue`).

Every customer of the store is asked about. A ratio is the median over rounds of what two contestants did in the
same round; processor time is that of all processes of a contestant. In the end next-best-offer is asked at half of
its greatest rate, at moments drawn by lot whether it keeps up or not, and the ledger is counted.

`--keep FILE` writes three ratios down that should stay as they are whatever the machine, `--compare FILE` ends
with 1 when one of them is more than 25 % worse than there.
"""

import json
import sqlite3
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median

import click
import lightgbm
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.contestants import Running, mlflow_server, service
from benchmarks.erosion import KEPT, eroded, read_ratios, write_ratios
from benchmarks.load import caller
from benchmarks.made_up_catalogue import made_up_catalogue, open_policy
from benchmarks.rounds import Contestant, Turns, middle, per_second
from benchmarks.scripts import (
    BARE,
    CHANNEL,
    MLFLOW,
    OFFER,
    of_bare,
    of_mlflow,
    of_service,
)
from benchmarks.service_found import Found, as_json, print_found
from features.store import SqliteStore
from serving.keys.changes import Rights, create_key
from serving.keys.key_file import MAX_RATE
from serving.release.folder import live_folder
from serving.scoring.arrays import Floats
from serving.settings import Settings

ROUNDS = 5
MLFLOW_ROWS = 300
LOOKED_AT = 20
"""Decisions whose trace is read, to say how many offers are priced."""

_NOTES = Console(stderr=True)


def settings_in(folder: Path, release: Path, store: Path) -> Settings:
    """Settings of a service over a release and a store, with the made-up catalogue and a ledger of its own."""
    policy = (live_folder(release) / "release" / "policy.toml").read_text(encoding="utf-8")
    with closing(SqliteStore(store)) as opened:
        items, info = [item.item for item in opened.items], opened.info
    catalogue = made_up_catalogue(items, list(tomllib.loads(policy)["channels"]), info)
    (folder / "catalogue.toml").write_text(catalogue, encoding="utf-8")
    (folder / "policy.toml").write_text(open_policy(policy), encoding="utf-8")
    return Settings(
        release=release,
        store=store,
        catalogue=folder / "catalogue.toml",
        policy=folder / "policy.toml",
        ledger=f"sqlite:///{folder / 'ledger.sqlite'}",
        secret_file=folder / "secret",
        keys=folder / "keys.json",
        drain_seconds=0,
    )


def new_key(settings: Settings) -> str:
    """A key for everything that is asked here, as often as one likes."""
    rights = Rights("benchmark", ("read", "decide"), MAX_RATE)
    return create_key(settings.keys, rights, datetime.now(UTC))


def scored_rows(store: SqliteStore, count: int) -> Floats:
    """Features (count, names) of the first customers whom the churn model scores."""
    known = (store.get(customer) for customer in store.ids())
    scored = (one.features for one in known if one is not None and one.in_population)
    return np.stack(list(islice(scored, count)))


@contextmanager
def started(settings: Settings, folder: Path, key: str, rows: Floats) -> Iterator[dict[str, Contestant]]:
    """All contestants, running for as long as they are used."""
    booster = booster_of(settings)
    with ExitStack() as running, closing(SqliteStore(settings.store)) as store:
        signed = running.enter_context(mlflow_server(booster, folder / "signed", signed=True))
        bare = running.enter_context(mlflow_server(booster, folder / "bare", signed=False))
        ours = running.enter_context(service(settings, folder / "service.log"))
        yield {
            MLFLOW: of_mlflow(signed, store.info.names, rows),
            BARE: of_bare(bare, rows),
            **of_service(ours, list(store.ids()), key),
        }


def booster_of(settings: Settings) -> Path:
    """The trees of the released churn model."""
    return live_folder(settings.release) / "churn" / "booster.txt"


def raw_call_ms(booster: Path, rows: Floats) -> float:
    """Processor time of LightGBM's own `predict` for one row, with one thread, in this process: the median."""
    trees, spent = lightgbm.Booster(model_file=booster), []
    for row in rows:
        began = time.process_time()
        trees.predict(row.reshape(1, -1), raw_score=True, num_threads=1)
        spent.append(time.process_time() - began)
    return 1000 * median(spent)


def measure(settings: Settings, folder: Path, seconds: float) -> Found:
    """Start everybody, ask by turns, then at half rate, and count."""
    key, booster = new_key(settings), booster_of(settings)
    with closing(SqliteStore(settings.store)) as store:
        rows = scored_rows(store, MLFLOW_ROWS)
    with started(settings, folder, key, rows) as contestants, caller() as process:
        turns = Turns(process, contestants)
        with Progress(console=_NOTES) as progress:
            bar = progress.add_task("asking by turns", total=(ROUNDS + 1) * len(contestants))
            rounds = turns.by_turns(ROUNDS, seconds / ROUNDS, lambda: progress.advance(bar))
        half = turns.round(OFFER, seconds, middle(rounds[OFFER], per_second) / 2)
        looked_at = priced(contestants[OFFER].running, key, turns.heard[OFFER].samples[:LOOKED_AT])
    return Found(
        rounds=rounds,
        booster_ms=raw_call_ms(booster, rows),
        half=half,
        acknowledged=turns.answered[OFFER],
        recorded=decisions_in(folder / "ledger.sqlite"),
        candidates=candidates_in(folder / "catalogue.toml"),
        priced=looked_at,
    )


def priced(running: Running, key: str, answers: Sequence[bytes]) -> float:
    """How many offers the decisions of these answers priced, *no offer* not counted: the median."""
    connection, counts = HTTPConnection("127.0.0.1", running.port, timeout=30), []
    for answer in answers:
        path = f"/v1/decisions/{json.loads(answer)['decision_id']}"
        connection.request("GET", path, headers={"authorization": f"Bearer {key}"})
        trace = json.loads(connection.getresponse().read())
        counts.append(sum(one["offer_id"] is not None for one in trace["priced"]))
    connection.close()
    return median(counts)


def decisions_in(ledger: Path) -> int:
    """How many decisions a ledger holds."""
    with closing(sqlite3.connect(ledger)) as opened:
        count: int = opened.execute("SELECT count(*) FROM decisions").fetchone()[0]
        return count


def candidates_in(catalogue: Path) -> int:
    """How many offers of a catalogue go over the channel that is asked for."""
    offers = tomllib.loads(catalogue.read_text(encoding="utf-8"))["offer"]
    return sum(CHANNEL in offer["channels"] for offer in offers)


_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--release", type=_FILE, default=Path("workspace/release"), show_default=True)
@click.option("--store", type=_FILE, default=Path("workspace/online.sqlite"), show_default=True)
@click.option(
    "--seconds", type=click.FloatRange(0.5), default=10.0, show_default=True, help="For each contestant."
)
@click.option("--json", "figures", type=_FILE, help="Also write every figure to this file.")
@click.option("--keep", type=_FILE, help=f"Write the ratios down, for example to {KEPT.name}.")
@click.option("--compare", type=_FILE, help="Compare with ratios that were kept.")
def main(  # noqa: PLR0913, PLR0917 - the options of a command
    release: Path, store: Path, seconds: float, figures: Path | None, keep: Path | None, compare: Path | None
) -> None:
    """Ask the service and its peers by turns."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        found = measure(settings_in(folder, release, store), folder, seconds)
    print_found(Console(), found)
    if figures:
        figures.write_text(json.dumps(as_json(found), indent=1), encoding="utf-8")
    if keep:
        write_ratios(keep, found.ratios)
    if compare and (alarms := eroded(found.ratios, read_ratios(compare))):
        sys.exit("\n".join(alarms))


if __name__ == "__main__":
    main()
