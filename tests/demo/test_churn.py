"""Whom the demo asks for, and how it shows how likely they are to leave."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from demo.churn import choose, churn_panel, published_customers, three_answers
from features.store import publish_sqlite
from serving.churn.schemas import ChurnAnswer, Reason
from serving.schemas import ServedModel
from tests.demo.conftest import Start
from tests.serving.tiny import INFO, ROWS, release_into


def answer(customer_id: str, probability: float | None, *reasons: Reason) -> ChurnAnswer:
    """High from 0.6, medium from 0.3, lapsed without a probability."""
    band: Literal["high", "medium", "low"] | None = None
    if probability is not None:
        band = "high" if probability >= 0.6 else "medium" if probability >= 0.3 else "low"
    return ChurnAnswer(
        customer_id=customer_id,
        status="active" if band else "lapsed",
        probability=probability,
        band=band,
        summary="71 % likely to buy nothing in the 28 days after 2017-12-04.",
        horizon_days=28,
        definition="Churn means: bought, then buys nothing.",
        as_of=datetime(2017, 12, 4, tzinfo=UTC),
        reasons=list(reasons),
        model=ServedModel(name="churn", version="3", release="7"),
        stale=False,
    )


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"a": 0.9, "b": 0.7, "c": 0.6, "d": 0.4, "e": 0.1, "f": 0.2, "g": None}, ["b", "d", "f"]),
        ({"a": 0.9, "g": None, "b": 0.1}, ["a", "b", "g"]),
        ({"a": 0.1, "b": 0.1}, ["b"]),
        ({}, []),
    ],
    ids=["the middle of each band", "who lapsed instead of an empty band", "only one kind", "nobody"],
)
def test_customers_that_differ_are_chosen(found: dict[str, float | None], chosen: list[str]) -> None:
    answers = [answer(customer_id, probability) for customer_id, probability in found.items()]
    assert choose(answers) == chosen
    assert choose(answers[::-1]) == chosen


def shown(found: ChurnAnswer) -> str:
    text = StringIO()
    Console(file=text, width=100).print(churn_panel(found))
    return text.getvalue()


def test_an_answer_is_shown_with_its_band_and_its_reasons_in_words() -> None:
    late = Reason(
        feature="x", value=41, words="last purchase 41 days ago", direction="raises", contribution=1
    )
    often = Reason(feature="y", value=9, words="9 baskets [all] so far", direction="lowers", contribution=-1)
    text = shown(answer("[b]7", 0.71, late, often))
    assert "customer [b]7: high" in text
    assert "71 % likely to buy nothing in the 28 days after 2017-12-04." in text
    assert "▲ raises the risk: last purchase 41 days ago" in text
    assert "▼ lowers the risk: 9 baskets [all] so far" in text
    assert "churn 3, known as of 2017-12-04" in text


def test_who_lapsed_is_shown_as_such() -> None:
    assert "customer 8: lapsed" in shown(answer("8", None))


def test_three_customers_are_asked_for_over_http(start: Start, tmp_path: Path) -> None:
    release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", INFO, ROWS)
    service = start()
    known = published_customers(tmp_path / "online.sqlite")
    assert sorted(known) == sorted(customer_id for customer_id, _, _ in ROWS)
    answers = three_answers(service, known)
    assert len({found.customer_id for found in answers}) == 3
    assert {found.customer_id for found in answers} <= set(known)
    assert all(found.reasons for found in answers if found.status == "active")
