"""The card says what it is, how good it is, and where to be careful."""

import re

from tests.market import CANARY
from training.cross_sell.card import LIMITS, model_card
from training.cross_sell.findings import Findings
from training.wording import with_error


def section(card: str, title: str) -> str:
    """The text below one heading."""
    return card.partition(f"## {title}\n\n")[2].partition("\n\n## ")[0]


def test_every_section_is_there_and_nobody_is_named(grocer: Findings) -> None:
    card = model_card(grocer)
    assert card.startswith("# Model card: cross-sell\n\n## What it predicts\n")
    assert re.findall(r"^## (.+)", card, re.MULTILINE) == [
        "What it predicts",
        "Data",
        "Training and test",
        "Candidates",
        "How good it is",
        "Calibration",
        "Coverage and concentration",
        "What moves it",
        "Intended use",
        "Limits",
    ]
    assert CANARY not in card
    assert card == model_card(grocer)


def test_facts_stand_in_their_places(grocer: Findings) -> None:
    card = model_card(grocer)
    assert "an item (a product) within the 14 days" in section(card, "What it predicts")
    assert f"fingerprint `{grocer.pairs.fingerprint}`" in section(card, "Data")
    assert "240 customers and 16 items" in section(card, "Data")
    training = section(card, "Training and test")
    assert "2 moments from 2024-04-21 to 2024-05-05" in training
    assert "Labels end on 2024-05-19" in training
    assert "periods beginning 2024-04-21, 2024-05-05" in training
    assert "| all together |" in section(card, "Candidates")
    new = with_error(grocer.metrics["model"]["ndcg_at_10.new"], ".3f")
    assert re.search(rf"^\| model \|.*\| {new} \|$", section(card, "How good it is"), re.MULTILINE)
    assert "NDCG@10 of new purchases over tifu knn: " in section(card, "How good it is")
    error = with_error(grocer.totals.mean("model", "calibration_error.all"))
    assert f"| calibration error | {error} |" in section(card, "Calibration")
    assert f"slope {grocer.model.repeat.slope:.3f}" in section(card, "Calibration")
    assert "| popularity | 62.5 % |" in section(card, "Coverage and concentration")
    assert section(card, "What moves it").startswith("1. ")
    assert "{value}" not in card
    assert all(limit in section(card, "Limits") for limit in LIMITS)
