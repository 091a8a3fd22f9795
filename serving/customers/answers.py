"""What is known of one customer, from the published snapshot and the churn model."""

import math
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from features.store import OnlineStore, Segments, StoredCustomer, StoredProfile
from features.wording import say
from serving.churn.answers import Churn
from serving.customers import sentences
from serving.customers.schemas import (
    CustomerAnswer,
    CustomerChurn,
    CustomerFact,
    CustomerSegments,
    Favourite,
)
from serving.decision.consent import newest
from serving.decision.facts import Consent
from serving.live.served import Served
from serving.next_best_offer.fact_source import published_consents
from serving.schemas import ConsentAnswer

Consents = Mapping[tuple[str, str], Consent]
"""What a customer said, by channel and purpose."""

FACTS = (
    "days_since_purchase",
    "days_since_first_purchase",
    "baskets_84d",
    "spend_84d",
    "spend_168d",
)
"""Features that are told of a customer, of those that the store has."""

FAVOURITES = 5
"""Items that are told of a customer, at most."""


def customer_answer(served: Served, customer_id: str, said: Consents) -> CustomerAnswer | None:
    """What is known of a customer, None for an unknown id; `said` are the consents told to the service itself.

    Raises `StoreError` when the store cannot be read.
    """
    store = served.store
    customer = store.get(customer_id)
    if customer is None:
        return None
    profile = store.profile(customer_id)
    return CustomerAnswer(
        customer_id=customer_id,
        churn=None if served.churn is None else _churn(served.churn, customer_id),
        segments=_segments(profile),
        facts=_facts(store, customer),
        favourites=_favourites(store, customer_id),
        consents=_consents(profile, said),
        as_of=store.info.as_of,
        stale=served.stale,
    )


def _churn(churn: Churn, customer_id: str) -> CustomerChurn | None:
    answer = churn.answer(customer_id, reasons=0)
    if answer is None:
        return None
    return CustomerChurn(
        status=answer.status,
        probability=answer.probability,
        band=answer.band,
        summary=answer.summary,
        model=answer.model,
    )


def _segments(profile: StoredProfile | None) -> CustomerSegments:
    found = Segments() if profile is None else profile.segments
    return CustomerSegments(**asdict(found), words=list(sentences.standing(found)))


def _facts(store: OnlineStore, customer: StoredCustomer) -> list[CustomerFact]:
    # A store that describes nothing tells nothing: then there is no pair.
    pairs = zip(store.info.described, customer.features.tolist(), strict=False)
    known = {feature.name: (feature, value) for feature, value in pairs}
    return [
        CustomerFact(
            feature=feature.name,
            value=None if math.isnan(value) else value,
            words=say(feature.words, feature.unit, value, store.info.currency, feature.levels),
        )
        for feature, value in (known[name] for name in FACTS if name in known)
    ]


def _favourites(store: OnlineStore, customer_id: str) -> list[Favourite]:
    habits = store.habits(customer_id)
    if habits is None:
        return []
    most_usual = np.lexsort((habits.items, -habits.share))[:FAVOURITES]
    told = [(store.habit_items[habits.items[place]], habits.share[place].item()) for place in most_usual]
    return [
        Favourite(item=item, basket_share=share, words=sentences.habit(item, share)) for item, share in told
    ]


def _consents(profile: StoredProfile | None, said: Consents) -> list[ConsentAnswer]:
    """By channel and purpose the statement that decisions go by."""
    published = published_consents(profile)
    every = {pair: newest(published.get(pair), said.get(pair)) for pair in sorted({*published, *said})}
    return [
        ConsentAnswer(channel=channel, purpose=purpose, granted=one.granted, at=one.at)
        for (channel, purpose), one in every.items()
        if one is not None
    ]
