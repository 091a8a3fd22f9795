"""What a decision may know of customers: the store's snapshot and the scores of one release, put together."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

import numpy as np

from features.store import Segments, StoredCustomer, StoredProfile
from serving.cross_sell.answers import NewItems
from serving.decision.facts import Chance, Consent, Facts, ItemChance, Value
from serving.live.served import Served
from serving.release import ModelName

PRICE = "item_price"
"""The item feature that says what customers pay for the item in a basket that holds it, in money."""

POPULARITY = "popularity"
"""The source of a probability that is the share of customers who buy an item: no model knows this customer."""

_SEGMENTS = tuple(field.name for field in fields(Segments))


class FactSource:
    """Facts of customers from one set of models and one store, of many at once as of each alone."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._store = served.store
        self.names = self._of_everything()
        """The name of every item that could be offered, by its id."""
        self._versions = served.release
        described = {one.name: one.levels for one in self._store.info.described}
        self._features = [(name, described.get(name, ())) for name in self._store.info.names]
        self._items = [item.item for item in self._store.items]
        self._prices = self._of_items()
        self._bundle_prices = self._of_bundles()

    def facts(self, asked: Sequence[tuple[str, frozenset[str]]]) -> list[Facts]:
        """What is known of each customer, asked for by id and with what is in their basket.

        An id that nobody has is not known and has the items that are popular with everybody. A model that does
        not answer leaves its part empty. Raises `StoreError` when the store cannot be read.
        """
        ids = [customer_id for customer_id, _ in asked]
        stored = [self._store.get(customer_id) for customer_id in ids]
        known = zip(asked, stored, self._churn(stored), self._new_items(ids), strict=True)
        return [
            self._facts(customer_id, customer, leaves, new, basket)
            for (customer_id, basket), customer, leaves, new in known
        ]

    def _facts(
        self,
        customer_id: str,
        customer: StoredCustomer | None,
        churn: Chance | None,
        new_items: tuple[ItemChance, ...],
        basket: frozenset[str],
    ) -> Facts:
        profile = None if customer is None else self._store.profile(customer_id)
        return Facts(
            customer_id=customer_id,
            known=customer is not None,
            as_of=self._store.info.as_of,
            attributes={**self._of_snapshot(customer), **self._of_profile(profile), **self._of_churn(churn)},
            churn=churn,
            new_items=new_items,
            basket_items=self._basket_items(customer_id, basket) if basket else (),
            consents=published_consents(profile),
            release=self._versions,
        )

    def _of_snapshot(self, customer: StoredCustomer | None) -> dict[str, Value]:
        if customer is None:
            return {}
        values = customer.features.tolist()
        return {
            name: None if math.isnan(value) else levels[int(value)] if levels else value
            for (name, levels), value in zip(self._features, values, strict=True)
        }

    def _of_churn(self, churn: Chance | None) -> dict[str, Value]:
        if churn is None or self.served.churn is None:
            return {}
        return {"churn_band": self.served.churn.model.band(churn.probability)}

    def _of_profile(self, profile: StoredProfile | None) -> dict[str, Value]:
        if profile is None:
            return {}
        segments = {name: getattr(profile.segments, name) for name in _SEGMENTS}
        values = {name: float(one) if isinstance(one, int) else one for name, one in segments.items()}
        return {**values, "bought": frozenset(self._items[place] for place in profile.bought.tolist())}

    def _churn(self, stored: Sequence[StoredCustomer | None]) -> list[Chance | None]:
        """Of each customer the chance to leave, None for whom the churn definition does not cover."""
        covered = [customer is not None and customer.in_population for customer in stored]
        if self.served.churn is None or not any(covered):
            return [None] * len(stored)
        rows = [customer.features for customer in stored if customer is not None and customer.in_population]
        source = self._source("churn")
        scores = iter(self.served.churn.model.probabilities(np.stack(rows)).tolist())
        return [Chance(next(scores), source) if inside else None for inside in covered]

    def _new_items(self, customer_ids: Sequence[str]) -> list[tuple[ItemChance, ...]]:
        if self.served.offers is None or not customer_ids:
            return [()] * len(customer_ids)
        return [self._item_chances(new) for new in self.served.offers.new_items(customer_ids)]

    def _item_chances(self, new: NewItems) -> tuple[ItemChance, ...]:
        source = self._source("cross_sell") if new.personal else POPULARITY
        pairs = zip(new.items.tolist(), new.probabilities.tolist(), strict=True)
        return tuple(
            ItemChance(self._items[place], Chance(chance, source), self._prices[place])
            for place, chance in pairs
        )

    def _basket_items(self, customer_id: str, basket: Iterable[str]) -> tuple[ItemChance, ...]:
        if self.served.bundles is None:
            return ()
        source, prices = self._source("bundles"), self._bundle_prices
        return tuple(
            ItemChance(item.id, Chance(probability, source), prices.get(item.id))
            for item, probability in self.served.bundles.lacking(basket, customer_id)
        )

    def _of_everything(self) -> dict[str, str]:
        bundles = () if self.served.bundles is None else self.served.bundles.model.items
        return {item.id: item.name for item in bundles} | {item.item: item.name for item in self._store.items}

    def _of_items(self) -> list[float | None]:
        """The price of each item of the store, by its place."""
        info = self._store.info.candidates
        if info is None or PRICE not in info.item_names:
            return [None] * len(self._items)
        place = info.item_names.index(PRICE)
        prices = [item.features[place].item() for item in self._store.items]
        return [None if math.isnan(price) else price for price in prices]

    def _of_bundles(self) -> Mapping[str, float | None]:
        """The price by item id, where bundles are about items of the same level as the store's."""
        info, bundles = self._store.info.candidates, self.served.bundles
        if info is None or bundles is None or bundles.model.description.item_level != info.item_level:
            return {}
        return dict(zip(self._items, self._prices, strict=True))

    def _source(self, name: ModelName) -> str:
        return f"{name} {self._versions[name]}"


def published_consents(profile: StoredProfile | None) -> dict[tuple[str, str], Consent]:
    """What the customer had said by the snapshot, by channel and purpose; nothing without a profile."""
    said = () if profile is None else profile.consents
    return {(one.channel, one.purpose): Consent(one.granted, one.at) for one in said}
