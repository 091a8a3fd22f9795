"""What is told of a customer, written beside the store that it comes from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from features.store import Segments, StoredConsent, StoredProfile, StoreInfo
from serving.customers.answers import Consents, customer_answer
from serving.customers.schemas import CustomerAnswer, CustomerFact, Favourite
from serving.decision.facts import Consent
from serving.live.models import Models
from serving.live.served import Served
from serving.schemas import ConsentAnswer
from tests.fakes import MemoryStore
from tests.serving.bundles.tiny import FULL_INFO, habits
from tests.serving.cross_sell.tiny import candidates
from tests.serving.tiny import ROWS

ASKED = datetime(2017, 11, 2, 9, 30, tzinfo=UTC)
PROFILES = {
    "1": StoredProfile(
        Segments(5, 1, 2, "at risk", "high"),
        np.array([0, 2], np.int32),
        (StoredConsent("email", "marketing", granted=True, at=ASKED),),
    ),
    "gone": StoredProfile(Segments(recency_quintile=1), np.array([], np.int32)),
}
NOBODY = StoredProfile(Segments(), np.array([], np.int32))


def served(models: Models, info: StoreInfo = FULL_INFO) -> Served:
    profiles = [(customer_id, PROFILES.get(customer_id, NOBODY)) for customer_id, _, _ in ROWS]
    return Served(models, MemoryStore(info, ROWS, candidates(), habits(), profiles=profiles))


@pytest.fixture
def told(models: Models) -> Served:
    return served(models)


def answer(served: Served, customer_id: str, said: Consents | None = None) -> CustomerAnswer:
    found = customer_answer(served, customer_id, said or {})
    assert found is not None
    return found


def test_segments_come_with_their_words(told: Served) -> None:
    assert answer(told, "1").segments.model_dump() == {
        "recency_quintile": 5,
        "frequency_quintile": 1,
        "monetary_quintile": 2,
        "life_cycle": "at risk",
        "value_tier": "high",
        "words": [
            "silent for much longer than usual",
            "of high value",
            "recency 5 of 5, where 5 bought most recently",
            "frequency 1 of 5, where 5 bought most often",
            "spend 2 of 5, where 5 spent most",
        ],
    }


def test_what_is_unknown_has_no_words(told: Served) -> None:
    assert answer(told, "gone").segments.words == ["recency 1 of 5, where 5 bought most recently"]
    assert answer(told, "01").segments.words == []
    assert answer(told, "01").consents == []


def test_consents_are_told(told: Served) -> None:
    consent = ConsentAnswer(channel="email", purpose="marketing", granted=True, at=ASKED)
    assert answer(told, "1").consents == [consent]


SECOND = timedelta(seconds=1)
SAID = {
    "later": (Consent(granted=False, at=ASKED + SECOND), [False]),
    "refused-at-once": (Consent(granted=False, at=ASKED), [False]),
    "the-same": (Consent(granted=True, at=ASKED), [True]),
    "earlier": (Consent(granted=False, at=ASKED - SECOND), [True]),
}


@pytest.mark.parametrize(("said", "expected"), SAID.values(), ids=SAID)
def test_the_newest_of_what_was_published_and_said_holds(
    told: Served, said: Consent, expected: list[bool]
) -> None:
    found = answer(told, "1", {("email", "marketing"): said}).consents
    assert [one.granted for one in found] == expected


def test_what_was_said_of_another_channel_comes_beside(told: Served) -> None:
    said = {("app", "marketing"): Consent(granted=False, at=ASKED)}
    assert [one.channel for one in answer(told, "1", said).consents] == ["app", "email"]
    assert [one.channel for one in answer(told, "gone", said).consents] == ["app"]


def test_facts_are_features_in_words(told: Served) -> None:
    fact = CustomerFact(feature="days_since_purchase", value=41.0, words="last purchase 41 days ago")
    assert answer(told, "1").facts == [fact]
    unknown = CustomerFact(feature="days_since_purchase", value=None, words="last purchase: unknown")
    assert answer(told, "Åse 客").facts == [unknown]


def test_a_store_that_describes_nothing_tells_no_facts(models: Models) -> None:
    assert answer(served(models, replace(FULL_INFO, described=())), "1").facts == []


def test_favourites_are_the_most_usual_items(told: Served) -> None:
    assert answer(told, "1").favourites == [
        Favourite(item="WINE", basket_share=1.0, words="WINE in 100 % of the baskets"),
        Favourite(item="BREAD", basket_share=0.5, words="BREAD in 50 % of the baskets"),
        Favourite(item="SOAP", basket_share=0.25, words="SOAP in 25 % of the baskets"),
    ]
    assert answer(told, "gone").favourites == []


def test_churn_is_told_in_short(told: Served) -> None:
    assert told.churn is not None
    full, short = told.churn.answer("1", 0), answer(told, "1").churn
    assert full is not None
    assert short is not None
    assert short.model_dump() == full.model_dump(include=set(type(short).model_fields))
    lapsed = answer(told, "gone").churn
    assert lapsed is not None
    assert (lapsed.status, lapsed.probability, lapsed.band) == ("lapsed", None, None)


def test_without_a_churn_model_the_rest_is_told(models: Models) -> None:
    without = served(replace(models, churn=None))
    assert (answer(without, "1").churn, answer(without, "1").as_of) == (None, FULL_INFO.as_of)


def test_a_customer_without_a_profile_is_still_known(models: Models) -> None:
    bare = Served(models, MemoryStore(FULL_INFO, ROWS, candidates(), habits()))
    assert answer(bare, "1").segments.life_cycle is None
    assert answer(bare, "1").consents == []


def test_nobody_is_none(told: Served) -> None:
    assert customer_answer(told, "stranger", {}) is None
