"""How long the service takes to start: made-up turns, and one of a tiny service."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.startup import Turn, as_json, main, print_turns, ratio, turn
from tests.serving.places import publish_full, settings_in

TURNS = [Turn(1.0, 2.0, 2.5, 1.5), Turn(2.0, 5.0, 6.0, 1.5), Turn(1.0, 2.2, 2.6, 1.4)]


def test_ratios_are_of_the_same_turn() -> None:
    assert ratio(TURNS) == 2.2


@pytest.mark.parametrize(("alive", "met"), [(2.9, True), (3.0, False)])
def test_the_bar(alive: float, *, met: bool) -> None:
    turns = [Turn(1.0, alive, 4.0, 1.5)]
    assert as_json(turns)["met"] is met
    console = Console(record=True, width=100)
    print_turns(console, turns)
    assert ("missed" in console.export_text()) is not met


def test_a_tiny_service_is_started(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    publish_full(settings)
    found = turn(settings, tmp_path / "service.log")
    assert 0 < found.alive <= found.ready
    assert found.processor > 0


@pytest.mark.slow
def test_the_whole_command(tmp_path: Path) -> None:
    settings, figures = settings_in(tmp_path), tmp_path / "figures.json"
    publish_full(settings)
    options = ["--release", str(settings.release), "--store", str(settings.store), "--repeats", "2"]
    done = CliRunner().invoke(main, [*options, "--json", str(figures)])
    assert done.exit_code == 0, done.output
    assert len(json.loads(figures.read_text())["turns"]) == 2
