"""The offers of the demo: how they are shown, whom they are asked for, and what it says when there are none."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from demo.offers import offers_panel, print_offers
from features.store import publish_sqlite
from serving.cross_sell.schemas import OffersAnswer
from tests.demo.conftest import Start
from tests.serving import tiny
from tests.serving.cross_sell import tiny as offered


def answer(customer_id: str, status: str, *offers: dict[str, object]) -> OffersAnswer:
    return OffersAnswer.model_validate(
        {
            "customer_id": customer_id,
            "status": status,
            "kind": "all",
            "offers": offers,
            "item_level": "category",
            "horizon_days": 28,
            "new_after_days": 365,
            "as_of": "2017-12-04T00:00:00Z",
            "model": {"name": "cross_sell", "version": "2", "release": "2"},
            "stale": False,
        }
    )


def offer(name: str, kind: str, probability: float, *words: str) -> dict[str, object]:
    reasons = [{"code": "buyers", "words": said} for said in words]
    known = {"item": name, "name": name, "category": None, "kind": kind, "evidence": "mature"}
    return {**known, "probability": probability, "reasons": reasons}


def shown(*answers: OffersAnswer) -> list[str]:
    """The lines of the panel, with one space where there are many."""
    text = StringIO()
    Console(file=text, width=100).print(offers_panel(answers))
    return [" ".join(line.strip("│").split()) for line in text.getvalue().splitlines()]


def test_offers_are_shown_with_their_probability_and_their_reasons_in_words() -> None:
    again = answer("[b]7", "known", offer("[Milk]", "repeat", 0.914, "in 40 % of the baskets"))
    new = answer("[b]7", "known", offer("Tea", "new", 0.0312, "liked by [all]", "often seen", "cheap"))
    title, *lines, end = shown(again, new)
    assert title.startswith("╭─ customer [b]7: likely to buy within 28 days ─")
    assert lines == [
        "buys again 91 % [Milk] in 40 % of the baskets",
        "new 3.1 % Tea liked by [all]",
        "often seen",
    ]
    assert "cross_sell 2, known as of 2017-12-04" in end


def test_offers_without_a_history_are_shown_as_popular() -> None:
    title, *lines, _ = shown(answer("8", "cold"), answer("8", "cold", offer("Tea", "new", 0.2)))
    assert "customer 8: no history, so what is popular within 28 days" in title
    assert lines == ["new 20 % Tea"]


def test_each_customer_is_asked_for_over_http(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offered.release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", offered.STORE_INFO, tiny.ROWS, offered.candidates())
    print_offers(start(), ["1", "DE/4711"])
    told = capsys.readouterr().out
    assert re.findall("customer (.+?): (.+?) within 28 days", told) == [
        ("1", "likely to buy"),
        ("DE/4711", "no history, so what is popular"),
    ]
    assert told.count("│ buys again ") == 2
    assert told.count("│ new ") == 3 + 2
    assert "customers who buy Milk buy Beer A too" in told


def test_without_a_cross_sell_model_the_demo_says_so(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", offered.STORE_INFO, tiny.ROWS, offered.candidates())
    print_offers(start(), ["1"])
    assert capsys.readouterr().out.startswith("No offers: no cross-sell model has passed the gate")


def test_without_fitting_candidates_the_demo_says_so(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offered.release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", tiny.INFO, tiny.ROWS)
    print_offers(start(), ["1"])
    told = " ".join(capsys.readouterr().out.split())
    assert "No offers: " in told
    assert "the online store has no candidates to offer" in told
