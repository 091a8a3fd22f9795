"""Facts are what the models and the store say, of many customers as of each alone."""

import random
from dataclasses import replace

import numpy as np
import pytest

from features.store import CandidateRows, DescribedFeature, StoreInfo
from serving.decision.attributes import OF_ITEM, attributes_of
from serving.decision.facts import Consent, Facts
from serving.decision.tiers import attributes
from serving.live.models import Models
from serving.live.served import Served
from serving.next_best_offer.fact_source import FactSource
from tests.fakes import MemoryStore
from tests.serving import tiny
from tests.serving.bundles import tiny as baskets
from tests.serving.cross_sell import tiny as offered
from tests.serving.decision.books import ASKED
from tests.serving.next_best_offer.tiny import AGREED, REFUSED, full_store

IDS = [row[0] for row in tiny.ROWS]


@pytest.fixture
def source(models: Models) -> FactSource:
    return FactSource(Served(models, full_store()))


def of(source: FactSource, customer_id: str, *basket: str) -> Facts:
    (facts,) = source.facts([(customer_id, frozenset(basket))])
    return facts


def test_the_snapshot_and_the_profile_are_attributes(source: FactSource) -> None:
    facts = of(source, "1")
    assert (facts.customer_id, facts.known, facts.as_of) == ("1", True, tiny.INFO.as_of)
    assert facts.attributes == {
        "days_since_purchase": 41.0,
        "baskets_56d": 1.0,
        "spend_28d": 9.5,
        "recency_over_gap": 3.2,
        "recency_quintile": 1.0,
        "frequency_quintile": 2.0,
        "monetary_quintile": 3.0,
        "life_cycle": "at risk",
        "value_tier": "low",
        "bought": frozenset({"CHEESE", "MILK"}),
        "churn_band": "high",
    }
    assert facts.release == {"release": "7", "churn": "3", "cross_sell": "2", "bundles": "4"}


def test_rules_can_speak_of_all_that_a_decision_knows_and_of_nothing_else(source: FactSource) -> None:
    consents = {"web": True, "email": False}
    supplied = {*attributes(ASKED, of(source, "1"), consents), *OF_ITEM}
    assert supplied == set(attributes_of(full_store().info, consents))


def test_what_is_unknown_is_none(source: FactSource) -> None:
    attributes = of(source, "Åse 客").attributes
    assert {name for name, value in attributes.items() if value is None} == {
        *tiny.NAMES,
        *("recency_quintile", "frequency_quintile", "monetary_quintile", "life_cycle", "value_tier"),
    }


def test_a_level_is_its_text(models: Models) -> None:
    described = (
        *tiny.INFO.described[:3],
        DescribedFeature("recency_over_gap", "level", "{value}", ("a", "b")),
    )
    rows = [("1", True, np.array([1.0, 2.0, 3.0, 1.0])), ("2", True, np.array([1.0, 2.0, 3.0, np.nan]))]
    store = MemoryStore(replace(tiny.INFO, described=described, customers=2), rows)
    source = FactSource(Served(models, store))
    assert [of(source, one).attributes["recency_over_gap"] for one in ("1", "2")] == ["b", None]


@pytest.mark.parametrize("row", tiny.ROWS, ids=lambda row: ascii(row[0]))
def test_churn_is_the_offline_formula(source: FactSource, row: tuple[str, bool, np.ndarray]) -> None:
    facts = of(source, row[0])
    if not row[1]:
        assert (facts.churn, "churn_band" in facts.attributes) == (None, False)
        return
    assert facts.churn is not None
    assert facts.churn.source == "churn 3"
    assert facts.churn.probability == pytest.approx(tiny.offline_probability(row[2]), abs=1e-12)


def test_new_items_are_those_never_bought_with_price_and_probability(source: FactSource) -> None:
    rows, parents = offered.rows_of("1")
    stored = offered.CANDIDATES["1"]
    expected = {
        offered.ITEMS[place].item: offered.offline_probability(row, parent)
        for place, row, parent in zip(stored.items, rows, parents, strict=True)
        if row[0] == 0
    }
    new = of(source, "1").new_items
    assert {one.item: one.chance.probability for one in new} == pytest.approx(expected, abs=1e-12)
    assert [one.item for one in new] == sorted(expected, key=lambda item: (-expected[item], item))
    assert {one.chance.source for one in new} == {"cross_sell 2"}
    prices = {"BEER-A": 9.0, "BEER-B": 9.0, "SALT": 0.5, "SAFFRON": 12.0, "NEW": None}
    assert {one.item: one.price for one in new} == prices


@pytest.mark.parametrize(
    ("customer_id", "items"),
    [
        ("DE/4711", [("CHEESE", 0.44), ("MILK", 0.41)]),
        ("stranger", [("MILK", 0.62), ("CHEESE", 0.35), ("SALT", 0.02)]),
        ("gone", [("MILK", 0.62), ("CHEESE", 0.35), ("SALT", 0.02)]),
    ],
)
def test_without_a_history_the_popular_items_are_new(
    source: FactSource, customer_id: str, items: list[tuple[str, float]]
) -> None:
    new = of(source, customer_id).new_items
    assert [(one.item, one.chance.probability) for one in new] == items
    assert {one.chance.source for one in new} == {"popularity"}  # no model knows this customer


def test_a_stranger_is_nobody(source: FactSource) -> None:
    facts = of(source, "stranger", "BREAD")
    assert (facts.known, facts.churn, facts.consents, facts.attributes) == (False, None, {}, {})
    assert facts.basket_items


def test_a_basket_lacks_what_the_bundle_model_suggests(source: FactSource) -> None:
    facts = of(source, "1", "BREAD", "BUTTER", "unheard of")
    codes, own = [baskets.BREAD, baskets.BUTTER], baskets.own_shares("1")
    items = [one.item for one in facts.basket_items]
    assert items == baskets.ranking(codes, own)
    assert [one.chance.probability for one in facts.basket_items] == pytest.approx(
        [baskets.offline_probability(codes, baskets.IDS.index(item), own) for item in items], abs=1e-12
    )
    assert {one.chance.source for one in facts.basket_items} == {"bundles 4"}
    assert {one.price for one in facts.basket_items} == {None}


@pytest.mark.parametrize("basket", [[], ["unheard of"]])
def test_a_basket_of_which_nothing_is_known_lacks_nothing(source: FactSource, basket: list[str]) -> None:
    assert of(source, "1", *basket).basket_items == ()


def test_prices_are_known_where_bundles_are_about_the_stores_items(models: Models) -> None:
    info = replace(offered.INFO, item_level="type")
    items = [replace(offered.ITEMS[0], item="JAM"), *offered.ITEMS[1:]]
    store = MemoryStore(
        replace(baskets.FULL_INFO, candidates=info),
        tiny.ROWS,
        CandidateRows(items, offered.CANDIDATES.items(), offered.POPULAR),
        baskets.habits(),
    )
    facts = of(FactSource(Served(models, store)), "1", "BREAD")
    assert {one.item: one.price for one in facts.basket_items if one.price is not None} == {"JAM": 4.0}
    assert facts.new_items == ()


def test_consents_are_those_of_the_profile(source: FactSource) -> None:
    assert of(source, "1").consents == {("email", "marketing"): Consent(granted=True, at=AGREED)}
    assert of(source, "returns").consents == {
        ("email", "marketing"): Consent(granted=False, at=REFUSED),
        ("mail", "marketing"): Consent(granted=True, at=AGREED),
    }


@pytest.mark.parametrize("basket", [(), ("BREAD", "JAM")])
def test_many_at_once_are_each_alone_to_the_last_bit(source: FactSource, basket: tuple[str, ...]) -> None:
    asked = [*IDS, "stranger", "1", *IDS]
    random.Random(3).shuffle(asked)
    together = source.facts([(one, frozenset(basket)) for one in asked])
    assert together == [of(source, one, *basket) for one in asked]


def test_each_is_asked_about_with_a_basket_of_their_own(source: FactSource) -> None:
    one, other = source.facts([("1", frozenset({"BREAD"})), ("1", frozenset())])
    assert (one, other) == (of(source, "1", "BREAD"), of(source, "1"))
    assert (bool(one.basket_items), other.basket_items) == (True, ())
    assert source.facts([]) == []


def test_a_model_that_does_not_answer_leaves_its_part_empty(models: Models) -> None:
    bare: StoreInfo = replace(tiny.INFO, fingerprint="f2")
    facts = of(FactSource(Served(replace(models, bundles=None), MemoryStore(bare, tiny.ROWS))), "1", "BREAD")
    assert (facts.known, facts.churn, facts.new_items, facts.basket_items) == (True, None, (), ())
    assert set(facts.attributes) == set(tiny.NAMES)
