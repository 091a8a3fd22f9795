"""The alarm that the service has become slower, with made-up figures."""

import json
from pathlib import Path

import pytest

from benchmarks.erosion import KEPT, eroded, read_ratios, write_ratios
from features.errors import InputError

RATIOS = {"churn over an empty request": 2.0, "next-best-offer over an empty request": 8.0}


@pytest.mark.parametrize(
    ("now", "alarms"),
    [
        (2.0, []),
        (1.0, []),
        (2.5, []),
        (2.52, ["churn over an empty request costs 2.52 x, and 2.00 x when it was kept: +26%"]),
        (6.0, ["churn over an empty request costs 6.00 x, and 2.00 x when it was kept: +200%"]),
    ],
    ids=["as kept", "better", "a quarter worse", "more than a quarter worse", "much worse"],
)
def test_more_than_a_quarter_is_an_alarm(now: float, alarms: list[str]) -> None:
    assert eroded(RATIOS | {"churn over an empty request": now}, RATIOS) == alarms


def test_each_ratio_has_its_own_sentence() -> None:
    worse = {name: 2 * value for name, value in RATIOS.items()}
    assert [sentence.split(" costs")[0] for sentence in eroded(worse, RATIOS)] == list(RATIOS)


def test_other_ratios_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(churn over an empty request, new\): write them with --keep"):
        eroded({"next-best-offer over an empty request": 8.0, "new": 1.0}, RATIOS)


def test_kept_ratios_are_read_again(tmp_path: Path) -> None:
    write_ratios(tmp_path / "kept.json", RATIOS | {"exact": 1.23456})
    assert read_ratios(tmp_path / "kept.json") == RATIOS | {"exact": 1.23}


@pytest.mark.parametrize("content", [None, "{"], ids=["missing", "garbled"])
def test_ratios_that_cannot_be_read_say_what_to_do(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="holds no ratios: write them with --keep"):
        read_ratios(path)


def test_the_repository_keeps_some() -> None:
    assert all(ratio > 0 for ratio in json.loads(KEPT.read_text()).values())
