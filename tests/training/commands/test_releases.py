"""`release` and `rollback` on the command line: what they print, and their exit codes."""

from pathlib import Path

import pytest

from tests.training.release import made
from tests.training.shell import Shell
from training.registry import champion_of


@pytest.fixture
def champion(shell: Shell, tmp_path: Path) -> Shell:
    """A shell beside a store, rules and a champion of bundles."""
    made.registered(tmp_path / "bundles", "bundles")
    made.sources(tmp_path / "workspace")
    (tmp_path / "serving").mkdir()
    for name in ("catalogue.toml", "policy.toml"):
        (tmp_path / "workspace" / name).rename(tmp_path / "serving" / name)
    return shell


def test_a_release_goes_live_then_the_next_one_then_back(champion: Shell, tmp_path: Path) -> None:
    first = champion("release")
    assert (first.code, first.out.splitlines()[-1]) == (
        0,
        "release version 1 (bundles 1) is the champion; services get it with python -m serving pull",
    )
    assert "holds  bundles 1 has passed its own gate: it has" in first.out
    made.registered(tmp_path / "newer", "bundles")
    second = champion("release")
    assert second.out.splitlines()[-1] == (
        "release version 2 (bundles 2) is the champion, in place of version 1; services get it with "
        "python -m serving pull"
    )
    back = champion("rollback")
    assert (back.code, back.out) == (
        0,
        (
            "release version 1 (bundles 1) is the champion, in place of version 2; services get it with "
            "python -m serving pull\n"
        ),
    )
    end = champion("rollback")
    assert (end.code, end.out) == (2, "")
    assert end.err.startswith("error: release version 1 replaced no other, so there is nothing to go back to")
    again = champion("rollback", "--version", 2)
    assert again.out.startswith("release version 2 (bundles 2) is the champion, in place of version 1;")
    assert not [word for word in ("INFO", "Warning", "WARNING") if word in first.err + second.err + back.err]


def test_a_release_that_fails_says_why_and_leaves_with_1(champion: Shell, tmp_path: Path) -> None:
    made.registered(tmp_path / "worse", "bundles", verdict=made.NO)
    said = champion("release", "--model-version", "bundles=2")
    assert (said.code, said.out.splitlines()[-1]) == (1, "release version 1 (bundles 2) stays a challenger")
    assert "FAILS  bundles 2 has passed its own gate: it has not" in said.out
    assert champion_of("release") is None
    back = champion("rollback")
    assert (back.code, back.err.splitlines()[-1]) == (
        2,
        "error: no release is the champion, so there is none to leave: python -m training release",
    )


def test_what_is_held_is_told_how_it_goes_live(champion: Shell) -> None:
    said = champion("release", "--hold")
    assert (said.code, said.out.splitlines()[-1]) == (
        0,
        "release version 1 (bundles 1) is held; it goes live with python -m training rollback --version 1",
    )
    went = champion("rollback", "--version", 1)
    assert (went.code, went.out) == (
        0,
        "release version 1 (bundles 1) is the champion; services get it with python -m serving pull\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model-version", "bundles"], "bundles= is not MODEL=NUMBER"),
        (
            ["--model-version", "offers=1"],
            "offers=1 is not MODEL=NUMBER with one of churn, cross_sell, bundles",
        ),
        (["--model-version", "bundles=-1"], "bundles=-1 is not MODEL=NUMBER"),
        (["--model-version", "bundles=9"], "bundles has no version 9"),
        (["--without", "bundles"], "there is nothing to release"),
        (["--without", "offers"], "'offers' is not one of"),
        (["--store", "nowhere"], "there is no online store at nowhere"),
        (["--catalogue", "nowhere"], "cannot read nowhere"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_registers_nothing(
    champion: Shell, options: list[str], message: str
) -> None:
    said = champion("release", *options)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "Traceback" not in said.err
    assert champion_of("release") is None
