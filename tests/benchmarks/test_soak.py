"""Row 22 of the reliability table in short: made-up spells, and a few seconds with swaps of the real service."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.soak import Soaked, Spell, Swaps, main, print_soaked
from serving.release.folder import live_folder, read_pulled
from tests.serving.places import publish_full, settings_in

SPELL = Spell(
    swapped=False,
    answers=100,
    faults=0,
    late=0,
    per_second=50.0,
    p50_ms=2.0,
    p99_ms=8.0,
    memory_mib=150.0,
    handles=20,
    release="1",
)
SPELLS = [
    replace(
        SPELL, swapped=number % 2 == 1, p99_ms=12.0 if number % 2 else 8.0, release=str(1 + (number + 1) // 2)
    )
    for number in range(6)
]
STEADY = Soaked(SPELLS)


def test_a_steady_service_meets_every_bar() -> None:
    assert [bar.met for bar in STEADY.bars] == [True] * 6


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"faults": 1}, "bad answers"),
        ({"late": 1}, "share of late answers"),
        ({"release": "3"}, "releases that answered over those made live"),
        ({"memory_mib": 158.0}, "memory, last third over the second"),
        ({"handles": 24}, "handles, more than in the second third"),
        ({"p99_ms": 40.0}, "p99 while swapping over p99 in between"),
    ],
    ids=["faults", "late", "refused", "memory", "handles", "tail"],
)
def test_each_bar_can_be_missed(changed: Mapping[str, float | str], missed: str) -> None:
    which = SPELLS[1::2] if "p99_ms" in changed else SPELLS[-2:]
    spells = [replace(one, **changed) if one in which else one for one in SPELLS]  # type: ignore[arg-type]  # each is of its field
    soaked = replace(STEADY, spells=spells)
    assert [bar.name for bar in soaked.bars if not bar.met] == [missed]
    console = Console(record=True, width=120)
    print_soaked(console, soaked)
    assert console.export_text().count("missed") == 1


def test_releases_follow_each_other(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    publish_full(settings)
    swaps = Swaps(settings)
    for version in (2, 3, 4, 5):
        before = settings.store.stat().st_ino
        swaps.swap()
        assert read_pulled(live_folder(settings.release)).version == str(version)
        assert settings.store.stat().st_ino != before


def test_a_few_seconds_of_the_real_service_with_a_swap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVING_BUDGET_MS", "30000")  # however busy the machine is
    settings, figures = settings_in(tmp_path), tmp_path / "figures.json"
    publish_full(settings)
    options = ["--release", str(settings.release), "--store", str(settings.store)]
    done = CliRunner().invoke(main, [*options, "--minutes", "0.05", "--spell", "1.5", "--json", str(figures)])
    assert done.exit_code == 0, done.output
    found = json.loads(figures.read_text())
    assert [spell["swapped"] for spell in found["spells"]] == [False, True]
    assert [spell["faults"] for spell in found["spells"]] == [0, 0]
    assert [spell["late"] for spell in found["spells"]] == [0, 0]
    assert all(spell["answers"] > 0 for spell in found["spells"])
    assert [spell["release"] for spell in found["spells"]] == ["1", "2"]
