"""The bundle of the demo: which basket it asks for, how the answer is shown, and what it says without one."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo.bundles import bundle_panel, evidence, print_bundle, small_basket
from features.store import publish_sqlite
from serving.bundles.schemas import BundlesAnswer, Suggestion
from tests.demo.conftest import Start
from tests.serving import tiny
from tests.serving.bundles import tiny as bundled
from tests.serving.bundles.tiny import BEER, CHEESE

NAMES = {"P": "[Pasta]", "S": "Sauce"}
RULE: dict[str, Any] = {
    "because": ["P"],
    "count": 1234,
    "lift": 2.1,
    "adjusted_lift": 1.85,
    "evidence": "significant",
}
NO_RULE: dict[str, Any] = {
    "because": [],
    "count": None,
    "lift": None,
    "adjusted_lift": None,
    "evidence": "none",
}


def suggestion(name: str, probability: float, rule: dict[str, Any], **changed: object) -> Suggestion:
    known = {"item_id": name.lower(), "name": name, "probability": probability}
    return Suggestion.model_validate({**dict.fromkeys(Suggestion.model_fields), **known, **rule, **changed})


def shown(*suggestions: Suggestion) -> list[str]:
    """The lines of the panel, with one space where there are many."""
    answer = BundlesAnswer.model_validate(
        {
            "basket": list(NAMES),
            "ignored": [],
            "starter": False,
            "personal": False,
            "ranked_by": "expected_margin",
            "suggestions": suggestions,
            "item_level": "type",
            "currency": "USD",
            "learned_through": "2017-12-04T00:00:00Z",
            "as_of": "2017-12-05T00:00:00Z",
            "model": {"name": "bundles", "version": "2", "release": "2"},
            "stale": False,
        }
    )
    text = StringIO()
    Console(file=text, width=100).print(bundle_panel(answer, NAMES))
    return [" ".join(line.strip("│").split()) for line in text.getvalue().splitlines()]


def test_suggestions_are_shown_with_their_probability_and_their_rule_in_words() -> None:
    title, *lines, end = shown(suggestion("[Basil]", 0.0312, RULE), suggestion("Oil", 0.12, NO_RULE))
    assert title.startswith("╭─ [Pasta] and Sauce in the basket: what is missing, by expected margin ─")
    assert " ".join(lines) == (
        "3.1 % [Basil] 1,234 baskets with [Pasta]: 2.1 times as many as by chance, "
        "1.85 times with basket size, store, season and promotions held fixed "
        "12 % Oil bought with them too seldom to tell"
    )
    assert "bundles 2, baskets before 2017-12-04" in end


def test_a_rule_of_both_items_names_both_and_weak_evidence_is_called_so() -> None:
    both = suggestion("Oil", 0.1, RULE, because=["P", "S"], count=1, lift=0.9, adjusted_lift=None)
    assert evidence(both, NAMES) == (
        "1 basket with [Pasta] and Sauce: 0.9 times as many as by chance, "
        "not comparable with basket size, store, season and promotions held fixed"
    )
    assert evidence(suggestion("Oil", 0.1, RULE, evidence="weak"), NAMES).endswith("fixed (weak evidence)")


def beer_with_cheese_by_chance(files: dict[str, Any]) -> None:
    """The best item to begin with is left with a partner that a promotion explains and one by chance."""
    for rule in files["rules.npy"]:
        if {rule["antecedent"][0], rule["consequent"]} == {BEER, CHEESE}:
            rule["q_value"] = 0.5


def test_the_basket_is_the_best_starter_that_goes_with_another_beyond_chance(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled.release_into(tmp_path / "release", "1", beer_with_cheese_by_chance)
    publish_sqlite(tmp_path / "online.sqlite", bundled.STORE_INFO, tiny.ROWS, habits=bundled.habits())
    assert bundled.ranking([])[:2] == ["BEER", "BUTTER"]
    service = start()
    basket = small_basket(service)
    assert next(iter(basket)) == "BUTTER"
    partner = next(item for item in bundled.ranking([bundled.BUTTER]) if item in ("BREAD", "JAM"))
    assert basket == {"BUTTER": "Butter", partner: partner.title()}
    print_bundle(service)
    told = capsys.readouterr().out
    assert f"Butter and {partner.title()} in the basket: what is missing, by expected margin" in told
    assert told.count(" % ") == 3


def test_without_a_bundle_model_the_demo_says_so(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.release_into(tmp_path / "release", "1")
    publish_sqlite(tmp_path / "online.sqlite", tiny.INFO, tiny.ROWS)
    print_bundle(start())
    assert capsys.readouterr().out.startswith("No bundles: no bundles model has passed the gate")


def all_by_chance(files: dict[str, Any]) -> None:
    files["rules.npy"]["q_value"] = 1.0


def test_without_a_pair_beyond_chance_the_demo_says_so(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled.release_into(tmp_path / "release", "1", all_by_chance, others=False)
    publish_sqlite(tmp_path / "online.sqlite", tiny.INFO, tiny.ROWS)
    print_bundle(start())
    told = " ".join(capsys.readouterr().out.split())
    assert told == "No bundles: nothing to begin with goes with anything beyond chance."
