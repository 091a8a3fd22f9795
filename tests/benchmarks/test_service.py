"""The service under load: ratios of the same round, bars, what is printed, and a tiny run without a peer."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.contestants import Running, service
from benchmarks.load import caller
from benchmarks.rounds import Round, Turns, middle, per_second, processor_ms, ratio
from benchmarks.scripts import BARE, CHURN, EMPTY, EXPLAINED, MLFLOW, OFFER, get, of_mlflow, of_service, post
from benchmarks.service import candidates_in, decisions_in, main, new_key, priced, scored_rows, settings_in
from benchmarks.service_found import Bar, Found, as_json, print_found
from features.store import SqliteStore
from serving.settings import Settings
from tests.serving.places import publish_full
from tests.serving.places import settings_in as places_in
from tests.serving.tiny import NAMES


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a folder with a tiny release and store."""
    chosen = places_in(tmp_path)
    publish_full(chosen)
    return chosen


def round_of(rate: float, work: float, **more: float) -> Round:
    made = Round(
        answers=100, faults=0, per_second=rate, processor_ms=work, p50_ms=1.0, p99_ms=4.0, memory_mib=150.0
    )
    return replace(made, **more)  # type: ignore[arg-type]  # each is a number of its field


ROUNDS = {
    MLFLOW: [round_of(40, 25), round_of(20, 27), round_of(40, 26)],
    BARE: [round_of(900, 1)] * 3,
    EMPTY: [round_of(3000, 0.25), round_of(2000, 0.3), round_of(3000, 0.25)],
    CHURN: [round_of(1600, 0.5), round_of(1000, 0.6), round_of(1600, 0.5)],
    EXPLAINED: [round_of(300, 2.5)] * 3,
    OFFER: [round_of(440, 2), round_of(220, 2.4), round_of(440, 2)],
}
FOUND = Found(ROUNDS, 0.1, round_of(220, 2), acknowledged=900, recorded=900, candidates=480, priced=90)


def test_a_ratio_is_of_the_same_round() -> None:
    assert ratio(ROUNDS, CHURN, MLFLOW, per_second) == 40
    assert ratio(ROUNDS, MLFLOW, CHURN, processor_ms) == 50
    assert middle(ROUNDS[EMPTY], per_second) == 3000


def test_all_bars_can_be_met() -> None:
    assert [bar.met for bar in FOUND.bars] == [True] * 7
    assert as_json(FOUND)["met"] is True
    assert FOUND.ratios == {
        "an empty request over a raw call of LightGBM": 2.5,
        "churn over an empty request": 2.0,
        "next-best-offer over an empty request": 8.0,
    }


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        (
            {"rounds": {**ROUNDS, MLFLOW: [round_of(54, 27)] * 3, OFFER: [round_of(600, 2)] * 3}},
            "churn over mlflow, requests/s",
        ),
        ({"rounds": {**ROUNDS, CHURN: [round_of(1600, 1)] * 3}}, "mlflow over churn, processor time"),
        ({"rounds": {**ROUNDS, EMPTY: [round_of(4000, 0.2)] * 3}}, "churn over empty route, requests/s"),
        ({"rounds": {**ROUNDS, OFFER: [round_of(190, 2)] * 3}}, "next-best-offer over mlflow, requests/s"),
        ({"half": round_of(220, 2, p99_ms=10.5)}, "next-best-offer at half its rate, p99 over median"),
        ({"recorded": 899}, "decisions recorded over acknowledged"),
        ({"recorded": 901}, "decisions recorded over acknowledged"),
        ({"half": round_of(220, 2, faults=1)}, "bad answers"),
    ],
    ids=["rate", "work", "empty", "offer", "tail", "lost", "unasked", "bad"],
)
def test_each_bar_can_be_missed(changed: Mapping[str, object], missed: str) -> None:
    found = replace(FOUND, **changed)  # type: ignore[arg-type]  # each is of its field
    assert [bar.name for bar in found.bars if not bar.met] == [missed]
    assert as_json(found)["met"] is False


def test_bars_say_what_is_asked() -> None:
    bars = [Bar("", 1, 30), Bar("", 1, most=10), Bar("", 1, 1, 1)]
    assert [bar.words for bar in bars] == [">= 30", "<= 10", "1"]


def test_figures_are_printed_with_their_bars() -> None:
    console = Console(record=True, width=140)
    print_found(console, FOUND)
    text = click.unstyle(console.export_text())
    rows = ([cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines())
    assert next(row for row in rows if row[0] == CHURN) == [CHURN, "1,600", "0.50", "1.00", "4.00", "150"]
    assert "1,000 offers, 480 of them on the channel web, 90 priced for a customer." in text
    assert text.count("met") == len(FOUND.bars)


def test_requests_go_over_the_wire_as_written() -> None:
    assert (
        get("/v1/release", "k")
        == b"GET /v1/release HTTP/1.1\r\nHost: benchmark\r\nAuthorization: Bearer k\r\n\r\n"
    )
    head, _, body = post("/invocations", {"inputs": [[1.0]]}).partition(b"\r\n\r\n")
    assert json.loads(body) == {"inputs": [[1.0]]}
    assert head.endswith(b"Content-Length: %d" % len(body))


def test_a_tiny_run_asks_the_real_service(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVING_BUDGET_MS", "30000")  # however busy the machine is
    folder = tmp_path / "run"
    folder.mkdir()
    chosen = settings_in(folder, settings.release, settings.store)
    key = new_key(chosen)
    with closing(SqliteStore(settings.store)) as store:
        customers = list(store.ids())
    with service(chosen, folder / "log") as running, caller() as process:
        turns = Turns(process, of_service(running, customers, key))
        told: list[None] = []
        rounds = turns.by_turns(2, 0.1, lambda: told.append(None))
        half = turns.round(OFFER, 0.2, rate=50.0)
        looked_at = priced(running, key, turns.heard[OFFER].samples[:2])
    assert turns.heard[OFFER].examples == []
    assert [len(every) for every in rounds.values()] == [2] * 4
    assert len(told) == 3 * 4
    assert [one.faults for every in rounds.values() for one in every] == [0] * 8
    assert turns.answered[OFFER] == decisions_in(folder / "ledger.sqlite")
    assert turns.answered[OFFER] > half.answers > 0
    assert 0 < looked_at <= candidates_in(folder / "catalogue.toml") < 1_000
    assert all(one.memory_mib > 20 for one in rounds[EMPTY])


def test_mlflow_is_asked_for_rows_with_names(settings: Settings) -> None:
    with closing(SqliteStore(settings.store)) as store:
        contestant = of_mlflow(Running(1, 2), store.info.names, scored_rows(store, 3))
    bodies = [json.loads(one.partition(b"\r\n\r\n")[2]) for one in contestant.script.requests]
    assert [body["dataframe_split"]["columns"] for body in bodies] == [NAMES] * 3
    assert bodies[0]["dataframe_split"]["data"] == [[2.0, 14.0, 320.0, 0.4]]


@pytest.mark.slow
def test_the_whole_command(settings: Settings, tmp_path: Path) -> None:
    """With MLflow's own server, twice."""
    figures, kept = tmp_path / "figures.json", tmp_path / "kept.json"
    options = ["--release", str(settings.release), "--store", str(settings.store), "--seconds", "1"]
    done = CliRunner().invoke(main, [*options, "--json", str(figures), "--keep", str(kept)])
    assert done.exit_code == 0, done.output
    found = json.loads(figures.read_text())
    assert found["recorded"] == found["acknowledged"] > 0
    assert found["rounds"].keys() == ROUNDS.keys()
    assert json.loads(kept.read_text()).keys() == found["ratios"].keys()
