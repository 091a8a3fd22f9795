"""A basket becomes the items to add."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.store import BundleInfo, StoreInfo
from serving.bundles.answers import Bundles
from serving.bundles.model import load_model
from serving.bundles.schemas import BundlesAnswer
from tests.fakes import MemoryStore
from tests.serving import tiny as plain
from tests.serving.bundles.tiny import (
    BASKETS,
    BEER,
    BREAD,
    BUTTER,
    CHEESE,
    CHIPS,
    IDS,
    ITEMS,
    JAM,
    MARGARINE,
    ODD,
    RELEASED,
    SOAP,
    STORE_INFO,
    habits,
    no_margin,
    offline_probability,
    own_shares,
    ranking,
    write_artifact,
)
from tests.serving.tiny import ROWS, Change

SAID = [
    *("because", "count", "support", "confidence", "lift", "lift_low", "lift_high", "leverage", "conviction"),
    *("zhang", "adjusted_lift", "p_value", "q_value", "relation", "explained"),
]


def bundles_over(folder: Path, info: StoreInfo = STORE_INFO, stale_after: timedelta | None = None) -> Bundles:
    store = MemoryStore(info, ROWS, habits=habits() if info.bundles else None)
    return Bundles(RELEASED, load_model(folder), store, stale_after)


@pytest.fixture(scope="module")
def bundles(bundles_artifact: Path) -> Bundles:
    return bundles_over(bundles_artifact)


def items(answer: BundlesAnswer) -> list[str]:
    return [suggestion.item_id for suggestion in answer.suggestions]


def names(*codes: int) -> list[str]:
    return [IDS[code] for code in codes]


@pytest.mark.parametrize("basket", [(), (BREAD,), (BREAD, BUTTER), (MARGARINE, CHEESE), tuple(range(8))])
def test_suggestions_are_ranked_and_scored_as_by_the_formula(
    bundles: Bundles, basket: tuple[int, ...]
) -> None:
    answer = bundles.answer(names(*basket), None, 50)
    assert items(answer) == ranking(basket)
    for suggestion in answer.suggestions:
        code = IDS.index(suggestion.item_id)
        probability = offline_probability(basket, code)
        assert suggestion.probability == pytest.approx(probability, rel=0, abs=1e-12)
        assert suggestion.margin == ITEMS[code]["margin"]
        assert suggestion.expected_margin == pytest.approx(probability * ITEMS[code]["margin"], abs=1e-12)
        assert suggestion.name == ITEMS[code]["name"]


def test_one_unknown_margin_ranks_by_probability(tmp_path: Path) -> None:
    answer = bundles_over(write_artifact(tmp_path / "bundles", no_margin)).answer(["BREAD"], None, 50)
    assert answer.ranked_by == "probability"
    assert items(answer) == ranking([BREAD], margins=False)
    by_item = {suggestion.item_id: suggestion for suggestion in answer.suggestions}
    assert (by_item["SOAP"].margin, by_item["SOAP"].expected_margin) == (None, None)
    assert by_item["BEER"].expected_margin == pytest.approx(2.0 * by_item["BEER"].probability)


def test_an_answer_says_what_it_rests_on(bundles: Bundles) -> None:
    answer = bundles.answer(["WINE", "BREAD", "wine", "BREAD", "WINE", ODD], None, 1)
    assert answer.model_dump(exclude={"suggestions"}) == {
        "basket": ["BREAD", ODD],
        "ignored": ["WINE", "wine"],
        "starter": False,
        "personal": False,
        "ranked_by": "expected_margin",
        "item_level": "type",
        "currency": "USD",
        "learned_through": datetime(2017, 12, 4, tzinfo=UTC),
        "as_of": plain.INFO.as_of,
        "model": {"name": "bundles", "version": "4", "release": "7"},
        "stale": False,
    }


def test_the_statistics_of_a_pair_follow_from_its_counts(bundles: Bundles) -> None:
    """60 baskets with both, 200 with butter, 120 with jam, 1000 in all."""
    answer = bundles.answer(["BUTTER"], None, 50)
    (jam,) = [suggestion for suggestion in answer.suggestions if suggestion.item_id == "JAM"]
    assert jam.evidence == "significant"
    assert jam.model_dump(include=set(SAID)) == {
        "because": ["BUTTER"],
        "count": 60,
        "support": pytest.approx(0.06),
        "confidence": pytest.approx(0.3),
        "lift": pytest.approx(0.3 / 0.12),
        "lift_low": 2.0,
        "lift_high": 3.1,
        "leverage": pytest.approx(0.06 - 0.2 * 0.12),
        "conviction": pytest.approx((1 - 0.12) / (1 - 0.3)),
        "zhang": pytest.approx(0.036 / max(0.06 * 0.8, 0.2 * 0.06)),
        "adjusted_lift": 2.2,
        "p_value": 1e-4,
        "q_value": 0.01,
        "relation": "complement",
        "explained": False,
    }


def test_the_statistics_of_a_longer_rule_follow_from_its_counts(bundles: Bundles) -> None:
    """58 baskets with all three, 150 with bread and butter; nothing can be compared with promotions held fixed."""
    answer = bundles.answer(["BUTTER", "BREAD"], None, 50)
    (jam,) = [suggestion for suggestion in answer.suggestions if suggestion.item_id == "JAM"]
    assert jam.because == ["BREAD", "BUTTER"]
    assert (jam.count, jam.confidence, jam.adjusted_lift, jam.relation) == (58, 58 / 150, None, "independent")
    assert jam.lift == pytest.approx(58 / 150 / (120 / BASKETS))


def test_a_rule_that_never_fails_has_no_conviction(bundles: Bundles) -> None:
    (bread,) = [one for one in bundles.answer(["JAM"], None, 50).suggestions if one.item_id == "BREAD"]
    assert (bread.confidence, bread.conviction, bread.evidence) == (1.0, None, "significant")


def test_without_a_rule_nothing_is_said(bundles: Bundles) -> None:
    (soap,) = [one for one in bundles.answer(["BREAD"], None, 50).suggestions if one.item_id == "SOAP"]
    assert soap.evidence == "none"
    assert soap.model_dump(include=set(SAID)) == {**dict.fromkeys(SAID), "because": []}


def test_what_a_promotion_explains_is_weak_and_says_so(bundles: Bundles) -> None:
    by_item = {one.item_id: one for one in bundles.answer(["BEER", "BREAD"], None, 50).suggestions}
    chips = by_item["CHIPS"]
    assert (chips.evidence, chips.because, chips.explained) == ("weak", ["BEER"], True)
    assert (by_item[ODD].evidence, by_item[ODD].explained) == ("significant", False)


@pytest.mark.parametrize(
    "basket", [(BREAD,), (BUTTER,), (MARGARINE, SOAP), (BUTTER, MARGARINE), tuple(range(8))]
)
def test_nothing_of_the_basket_and_no_substitute_is_suggested(
    bundles: Bundles, basket: tuple[int, ...]
) -> None:
    suggested = set(items(bundles.answer(names(*basket), "1", 50)))
    assert suggested.isdisjoint(names(*basket))
    if BUTTER in basket or MARGARINE in basket:
        assert suggested.isdisjoint({"BUTTER", "MARGARINE"})


@pytest.mark.parametrize("basket", [[], ["WINE"], ["bread", " BREAD"]])
def test_without_anything_known_starters_come(bundles: Bundles, basket: list[str]) -> None:
    answer = bundles.answer(basket, None, 3)
    assert (answer.starter, answer.basket, answer.ignored) == (True, [], basket)
    assert items(answer) == ranking([])[:3]
    assert {one.evidence for one in answer.suggestions} == {"none"}


@pytest.mark.parametrize("basket", [(), (BREAD,), (BEER, CHIPS)])
@pytest.mark.parametrize("customer_id", ["1", "Åse 客"])
def test_habits_enter_the_score(bundles: Bundles, basket: tuple[int, ...], customer_id: str) -> None:
    own = own_shares(customer_id)
    answer = bundles.answer(names(*basket), customer_id, 50)
    assert answer.personal
    assert items(answer) == ranking(basket, own)
    assert [one.probability for one in answer.suggestions] == pytest.approx(
        [offline_probability(basket, IDS.index(item), own) for item in items(answer)], rel=0, abs=1e-12
    )


def test_what_a_customer_is_used_to_moves_up(bundles: Bundles) -> None:
    """Chips are in each of this customer's baskets."""
    of_anybody, of_them = (items(bundles.answer([], who, 50)) for who in (None, "Åse 客"))
    assert (of_anybody.index("CHIPS"), of_them.index("CHIPS")) == (6, 0)


@pytest.mark.parametrize("customer_id", ["stranger", "01", "DE/4711", "\ud800"])
def test_who_has_no_known_habit_is_a_stranger(bundles: Bundles, customer_id: str) -> None:
    answer = bundles.answer(["BREAD"], customer_id, 50)
    assert answer == bundles.answer(["BREAD"], None, 50)
    assert not answer.personal


@pytest.mark.parametrize(
    "info",
    [
        plain.INFO,
        replace(STORE_INFO, bundles=BundleInfo("product", 4)),
        replace(STORE_INFO, bundles=BundleInfo("Type", 4)),
    ],
    ids=["none", "other", "case"],
)
def test_a_store_without_habits_of_this_level_answers_impersonally(
    bundles: Bundles, bundles_artifact: Path, info: StoreInfo
) -> None:
    answer = bundles_over(bundles_artifact, info).answer(["BREAD"], "1", 50)
    assert answer == bundles.answer(["BREAD"], None, 50)


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_the_limit_cuts_the_end(bundles: Bundles, limit: int) -> None:
    everything = bundles.answer(["BREAD"], "1", 50).suggestions
    assert bundles.answer(["BREAD"], "1", limit).suggestions == everything[:limit]


@pytest.mark.parametrize("code", range(len(IDS)))
def test_an_item_alone_gets_its_significant_suggestions(bundles: Bundles, code: int) -> None:
    answer = bundles.of_item(IDS[code], 50)
    assert answer is not None
    of_basket = bundles.answer([IDS[code]], None, 50)
    wanted = [one for one in of_basket.suggestions if one.evidence == "significant"]
    assert answer == of_basket.model_copy(update={"suggestions": wanted})
    shorter = bundles.of_item(IDS[code], 1)
    assert shorter is not None
    assert shorter.suggestions == wanted[:1]


def test_the_significant_suggestions_by_hand(bundles: Bundles) -> None:
    found = {item: bundles.of_item(item, 50) for item in ("BREAD", "CHIPS", "SOAP")}
    assert {item: answer and sorted(items(answer)) for item, answer in found.items()} == {
        "BREAD": ["BUTTER", "JAM"],
        "CHIPS": [],
        "SOAP": [],
    }


@pytest.mark.parametrize("item", ["", "bread", "WINE", "\ud800", "BREAD "])
def test_an_unknown_item_has_no_answer(bundles: Bundles, item: str) -> None:
    assert bundles.of_item(item, 5) is None


def test_a_substitute_is_never_suggested_whatever_its_rule_says(tmp_path: Path) -> None:
    def change(files: dict[str, Any]) -> None:
        extra = files["rules.npy"][:2].copy()
        extra["antecedent"][:, 0], extra["consequent"] = [BREAD, JAM], [MARGARINE, MARGARINE]
        extra["count"], extra["antecedent_count"] = 50, [400, 120]
        files["rules.npy"] = np.concatenate([files["rules.npy"], extra])
        files["substitutes.npy"] = np.array([[BREAD, MARGARINE], [JAM, MARGARINE]], dtype="<i4")
        del files["golden.json"]["baskets"][1:], files["golden.json"]["items"][1:]
        del files["golden.json"]["probabilities"][1:]

    bundles = bundles_over(write_artifact(tmp_path / "bundles", change))
    for item in ("BREAD", "JAM"):
        answer = bundles.of_item(item, 50)
        assert answer is not None
        assert "MARGARINE" not in items(answer) + items(bundles.answer([item], "1", 50))


@pytest.mark.parametrize(("age_days", "stale"), [(1, False), (3, True)])
def test_old_data_is_said_to_be_stale(bundles_artifact: Path, age_days: int, stale: bool) -> None:  # noqa: FBT001 - a table of answers
    info = replace(STORE_INFO, as_of=datetime.now(UTC) - timedelta(days=age_days))
    assert bundles_over(bundles_artifact, info, timedelta(days=2)).answer([], None, 1).stale is stale


def larger(count: int) -> Change:
    """A model of many items, all of them alike but for what they weigh, with a rule from each to the next."""

    def change(files: dict[str, Any]) -> None:
        random = np.random.default_rng(2)
        files["items.json"] = [
            {**ITEMS[0], "id": f"I{code}", "name": f"Item {code}"} for code in range(count)
        ]
        files["weights.npy"] = random.normal(0, 0.05, (count, count)).astype("<f4")
        rules = np.repeat(files["rules.npy"][:1], count)
        rules["antecedent"][:, 0] = np.arange(count)
        rules["consequent"] = (np.arange(count) + 1) % count
        files["rules.npy"] = rules
        files["golden.json"] = {"baskets": [[]], "items": [[0]], "probabilities": [[1 / count]]}

    return change


def test_a_basket_of_5000_items_is_answered(tmp_path: Path) -> None:
    bundles = bundles_over(write_artifact(tmp_path / "bundles", larger(600)))
    asked = [f"I{code}" for code in range(1, 600)] + [f"X{code % 3000}" for code in range(4401)]
    answer = bundles.answer(asked, "1", 50)
    assert (len(answer.basket), len(answer.ignored)) == (599, 3000)
    assert items(answer) == ["I0"]
    assert answer.suggestions[0].because == ["I599"]
