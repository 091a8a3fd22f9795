"""A customer id becomes the items to offer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from features.store import CandidateInfo, CandidateRows, PopularItem, StoreInfo
from serving.cross_sell.answers import Offers
from serving.cross_sell.schemas import Asked, OffersAnswer
from serving.live.models import Models
from serving.scoring.artifact import ModelError
from tests.fakes import MemoryStore
from tests.serving import tiny
from tests.serving.cross_sell.tiny import (
    CANDIDATES,
    INFO,
    ITEMS,
    NAMES,
    POPULAR,
    STORE_INFO,
    candidates,
    offline_probability,
    rows_of,
)
from tests.serving.tiny import ROWS


def offers_over(models: Models, info: StoreInfo, rows: CandidateRows | None = None) -> Offers:
    assert models.cross_sell is not None
    held = None if info.candidates is None else rows or candidates()
    return Offers(*models.cross_sell, MemoryStore(info, ROWS, held))


@pytest.fixture(scope="module")
def offers(models: Models) -> Offers:
    return offers_over(models, STORE_INFO)


def items(answer: OffersAnswer) -> list[str]:
    return [offer.item for offer in answer.offers]


@pytest.mark.parametrize("customer_id", ["1", "01", "Åse 客"])
def test_scores_equal_the_offline_formula(offers: Offers, customer_id: str) -> None:
    rows, parents = rows_of(customer_id)
    expected = {
        ITEMS[place].item: offline_probability(row, parent)
        for place, row, parent in zip(CANDIDATES[customer_id].items, rows, parents, strict=True)
    }
    answer = offers.answer(customer_id, "all", 100)
    assert answer.status == "known"
    assert {offer.item: offer.probability for offer in answer.offers} == {
        item: pytest.approx(probability, rel=0, abs=1e-12) for item, probability in expected.items()
    }


def test_the_most_probable_come_first_and_ties_by_item_id(offers: Offers) -> None:
    answer = offers.answer("1", "all", 100)
    ranked = [(-offer.probability, offer.item) for offer in answer.offers]
    assert ranked == sorted(ranked)
    assert items(answer).index("BEER-A") + 1 == items(answer).index("BEER-B")


def test_an_answer_says_what_it_rests_on(offers: Offers) -> None:
    answer = offers.answer("1", "new", 1)
    assert answer.model_dump(exclude={"offers"}) == {
        "customer_id": "1",
        "status": "known",
        "kind": "new",
        "item_level": "category",
        "horizon_days": 28,
        "new_after_days": 365,
        "as_of": tiny.INFO.as_of,
        "model": {"name": "cross_sell", "version": "2", "release": "7"},
        "stale": False,
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("repeat", {"MILK", "CHEESE"}),
        ("new", {"BEER-A", "BEER-B", "SALT", "SAFFRON", "NEW"}),
        ("all", {item.item for item in ITEMS}),
    ],
)
def test_a_kind_leaves_out_the_other(offers: Offers, kind: Asked, expected: set[str]) -> None:
    answer = offers.answer("1", kind, 100)
    assert set(items(answer)) == expected
    assert kind == "all" or {offer.kind for offer in answer.offers} == {kind}
    everything = offers.answer("1", "all", 100)
    assert items(answer) == [item for item in items(everything) if item in expected]


def test_a_kind_that_a_known_customer_lacks_is_empty(offers: Offers) -> None:
    answer = offers.answer("01", "repeat", 10)
    assert (answer.status, answer.offers) == ("known", [])


@pytest.mark.parametrize(("kind", "limit"), [("all", 1), ("all", 3), ("new", 2), ("repeat", 1)])
def test_the_limit_cuts_the_end(offers: Offers, kind: Asked, limit: int) -> None:
    assert offers.answer("1", kind, limit).offers == offers.answer("1", kind, 100).offers[:limit]


def test_offers_carry_names_categories_kinds_and_reasons(offers: Offers) -> None:
    by_item = {offer.item: offer for offer in offers.answer("1", "all", 100).offers}
    milk, beer, salt = by_item["MILK"], by_item["BEER-A"], by_item["SALT"]
    assert (milk.name, milk.category, milk.kind) == ("Milk", "DAIRY", "repeat")
    assert [reason.code for reason in milk.reasons] == ["rhythm", "basket_share", "neighbours"]
    assert (beer.category, beer.kind) == ("DRINKS", "new")
    assert beer.reasons[0].words == "customers who buy Milk buy Beer A too"
    assert salt.category is None
    assert [reason.words for reason in salt.reasons] == [
        "customers who buy Cheese buy Salt too",
        "2 % of active customers bought it in the last 28 days",
    ]
    assert by_item["NEW"].reasons == []


def test_evidence_needs_buyers_of_the_item_and_visits_of_the_customer(offers: Offers) -> None:
    of_a_regular = {offer.item: offer.evidence for offer in offers.answer("1", "all", 100).offers}
    assert of_a_regular == {
        **dict.fromkeys(("MILK", "CHEESE", "BEER-A", "BEER-B", "SALT"), "mature"),
        "SAFFRON": "thin",
        "NEW": "thin",
    }
    of_a_newcomer = offers.answer("01", "all", 100).offers
    assert {offer.evidence for offer in of_a_newcomer} == {"thin"}


def test_a_stranger_gets_what_is_popular_with_everybody(offers: Offers) -> None:
    answer = offers.answer("stranger", "all", 2)
    assert answer.status == "cold"
    assert [offer.model_dump() for offer in answer.offers] == [
        {
            "item": item,
            "name": name,
            "category": "DAIRY",
            "kind": "new",
            "probability": probability,
            "evidence": "thin",
            "reasons": [{"code": "popular", "words": words}],
        }
        for item, name, probability, words in [
            ("MILK", "Milk", 0.62, "62 % of all customers buy it within 28 days"),
            ("CHEESE", "Cheese", 0.35, "35 % of all customers buy it within 28 days"),
        ]
    ]


def test_a_customer_without_history_gets_what_is_popular_in_the_segment(offers: Offers) -> None:
    answer = offers.answer("DE/4711", "new", 10)
    assert (answer.status, items(answer)) == ("cold", ["CHEESE", "MILK"])
    assert (
        answer.offers[0].reasons[0].words == "44 % of customers like this one (50-74K) buy it within 28 days"
    )


def test_a_segment_without_a_list_is_not_named(models: Models) -> None:
    rows = replace(candidates(), popular={"": POPULAR[""]})
    answer = offers_over(models, STORE_INFO, rows).answer("DE/4711", "all", 1)
    assert answer.offers[0].reasons[0].words == "62 % of all customers buy it within 28 days"


@pytest.mark.parametrize("customer_id", ["stranger", "DE/4711"])
def test_nothing_is_bought_again_without_a_history(offers: Offers, customer_id: str) -> None:
    answer = offers.answer(customer_id, "repeat", 10)
    assert (answer.status, answer.kind, answer.offers) == ("cold", "repeat", [])


def test_an_unknown_value_reaches_no_answer(offers: Offers) -> None:
    answer = offers.answer("Åse 客", "all", 10)
    assert {offer.item: offer.kind for offer in answer.offers} == {"SALT": "repeat", "SAFFRON": "new"}
    assert "NaN" not in answer.model_dump_json()


def test_a_store_may_hold_no_item(models: Models) -> None:
    empty = replace(CANDIDATES["DE/4711"], segment="")
    info = replace(STORE_INFO, candidates=replace(INFO, customers=1))
    offers = offers_over(models, info, CandidateRows((), [("DE/4711", empty)], {"": ()}))
    assert offers.answer("DE/4711", "all", 10).offers == []


def test_many_candidates_are_scored_as_by_the_formula(models: Models) -> None:
    random = np.random.default_rng(3)
    count = 200
    many = [replace(ITEMS[place % 6], item=f"{place:04d}", name=f"Item {place}") for place in range(count)]
    pairs = random.random((count, 6)) * [1, 20, 300, 60, 1, 1]
    pairs[:, 0] = random.random(count) < 0.5
    stored = replace(
        CANDIDATES["1"],
        items=random.permutation(count).astype(np.int32),
        because=np.full(count, -1, dtype=np.int32),
        pairs=pairs,
    )
    info = replace(STORE_INFO, candidates=replace(INFO, customers=1))
    rows = CandidateRows(many, [("1", stored)], {"": (PopularItem(0, 0.5),)})
    answer = offers_over(models, info, rows).answer("1", "all", 100)
    expected = sorted(
        (
            -offline_probability(np.array([*pair, *many[place].features, 30.0]), many[place].parent),
            many[place].item,
        )
        for place, pair in zip(stored.items, pairs, strict=True)
    )
    assert items(answer) == [item for _, item in expected[:100]]


@pytest.mark.parametrize(("age_days", "stale"), [(1, False), (3, True)])
def test_old_data_is_said_to_be_stale(models: Models, age_days: int, stale: bool) -> None:  # noqa: FBT001 - a table of answers
    assert models.cross_sell is not None
    info = replace(STORE_INFO, as_of=datetime.now(UTC) - timedelta(days=age_days))
    aged = Offers(*models.cross_sell, MemoryStore(info, ROWS, candidates()), timedelta(days=2))
    assert aged.answer("1", "all", 1).stale is stale
    assert aged.answer("stranger", "all", 1).stale is stale


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (replace(INFO, fingerprint="p2"), "differ in fingerprint: run python -m features publish"),
        (replace(INFO, item_level="product"), "differ in item_level"),
        (replace(INFO, horizon_days=14), "differ in horizon_days"),
        (replace(INFO, new_after_days=90), "differ in new_after_days"),
        (replace(INFO, pair_names=INFO.pair_names[::-1]), "differ in features"),
        (replace(INFO, horizon_days=14, fingerprint="p2"), "differ in fingerprint, horizon_days"),
        (None, r"declare \[cross_sell\] in the dataset"),
    ],
    ids=["fingerprint", "item_level", "horizon_days", "new_after_days", "order", "two", "none"],
)
def test_a_model_refuses_candidates_made_otherwise(
    models: Models, info: CandidateInfo | None, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        offers_over(models, replace(STORE_INFO, candidates=info))


def test_the_names_of_the_store_are_the_models(offers: Offers) -> None:
    assert list(offers.info.names) == NAMES
