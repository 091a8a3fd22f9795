"""The card says what it is, how good it is, and where to be careful."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from tests.market import CANARY
from training.bundles.artifact import ItemWords
from training.bundles.card import LIMITS, STATISTICS, model_card
from training.bundles.findings import Findings
from training.wording import with_error, with_span


def section(card: str, title: str) -> str:
    """The text below one heading."""
    return card.partition(f"## {title}\n\n")[2].partition("\n\n## ")[0]


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each line of the tables, by the first one."""
    lines = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {name: cells for name, *cells in lines}


def test_every_section_is_there_and_nobody_is_named(basketry: Findings) -> None:
    card = model_card(basketry)
    assert card.startswith("# Model card: bundles\n\n## What it predicts\n")
    assert re.findall(r"^## (.+)", card, re.MULTILINE) == [
        "What it predicts",
        "Data",
        "Training and test",
        "How good it is",
        "Statistics",
        "Complements and substitutes",
        "What is explained",
        "Bundles",
        "Intended use",
        "Limits",
    ]
    assert CANARY not in card
    assert card == model_card(basketry)
    assert all(limit in section(card, "Limits") for limit in LIMITS)
    assert all(each in section(card, "Statistics") for each in STATISTICS)


def test_facts_stand_in_their_places(basketry: Findings) -> None:
    card, baskets = model_card(basketry), basketry.mined.baskets
    assert "Of every item (a product)" in section(card, "What it predicts")
    data = section(card, "Data")
    assert f"{baskets.table.shape[0]:,} baskets of {len(baskets.customers)} customers" in data
    assert f"{baskets.left_out.large_baskets} too large baskets" in data
    training = section(card, "Training and test")
    assert f"{len(basketry.judged.hidden.item):,} baskets from {basketry.tested_from:%Y-%m-%d}" in training
    quality = section(card, "How good it is")
    hits = with_error(basketry.metrics["model"]["hit_rate_at_10"], ".3f")
    assert rows(quality)["model"][1] == hits
    ratio = with_span(basketry.ratios["popularity"]["mrr_at_10"], ".3f")
    assert f"- MRR@10 over popularity: {ratio}" in quality
    assert f"{hits} are there" in quality
    told = f"Of {len(basketry.mined.rules):,} rules {len(basketry.mined.evidence):,} are evidence"
    assert told in section(card, "Statistics")


def test_relations_are_told_by_what_items_belong_to(basketry: Findings) -> None:
    text = section(model_card(basketry), "Complements and substitutes")
    assert f"{len(basketry.mined.substitutes)} pairs of substitutes" in text
    told = rows(text)
    assert int(told["breakfast"][0]) >= 3
    assert told["drinks"][3] == "Cola-A + Cola-B"
    assert told["grocery"][1] == "Pasta + Sauce"


def test_a_pair_of_two_parents_counts_for_both(basketry: Findings) -> None:
    pair = pd.DataFrame({"first": ["bread"], "second": ["cola-a"]})
    mined = replace(basketry.mined, rules=basketry.mined.rules.iloc[:0], substitutes=pair)
    table = rows(section(model_card(replace(basketry, mined=mined)), "Complements and substitutes"))
    assert table["breakfast"] == table["drinks"] == ["0", "", "1", "Bread + Cola-A"]


def test_explained_pairs_say_what_explains_them(basketry: Findings) -> None:
    text = section(model_card(basketry), "What is explained")
    assert text.startswith(f"{len(basketry.explained)} pairs are significant, and no more")
    told = basketry.explained.assign(last=basketry.explained["explained_by"] == "promotion")
    fall = np.log(told["season_lift"] / told["adjusted_lift"]) * np.sqrt(told["count"])
    told["fall"] = np.where(told["last"], fall, told["lift"])
    highest = told.sort_values(["last", "fall"], ascending=False).iloc[0]
    names = f"{basketry.name(highest['antecedent'][0])} + {basketry.name(highest['consequent'])}"
    lifts = [f"{highest[name]:.2f}" for name in ("lift", "season_lift", "adjusted_lift")]
    assert rows(text)[names] == [f"{highest['count']:,}", *lifts, highest["explained_by"]]
    assert f"{(basketry.explained['explained_by'] == highest['explained_by']).sum()} by " in text


def test_bundles_name_their_assumptions(basketry: Findings) -> None:
    text, best = section(model_card(basketry), "Bundles"), basketry.packages[0]
    assumed = basketry.assumed
    assert f"at {100 * assumed.discount:g} % off" in text
    assert f"Assumed is an uptake of {assumed.uptake:g}: " in text
    assert f"{100 * assumed.margin_share:g} % of the price is taken for margin" in text
    cells = rows(text)[" + ".join(basketry.name(item) for item in best.items)]
    assert cells[0] == f"{best.count:,}"
    assert cells[3] == f"{best.expected_extra_margin:+,.0f}"


def test_names_cannot_break_a_table(basketry: Findings) -> None:
    words = ItemWords({**basketry.words.names, "pasta": "pas|ta\n | new"}, basketry.words.parents)
    text = section(model_card(replace(basketry, words=words)), "Complements and substitutes")
    assert r"pas\|ta \| new + Sauce" in text


def test_nothing_found_is_said(basketry: Findings) -> None:
    bare = replace(
        basketry.mined, rules=basketry.mined.rules.iloc[:0], substitutes=basketry.mined.substitutes.iloc[:0]
    )
    card = model_card(replace(basketry, mined=bare, packages=()))
    for title in ("Complements and substitutes", "What is explained", "Bundles"):
        assert section(card, title).endswith("None was found.")
