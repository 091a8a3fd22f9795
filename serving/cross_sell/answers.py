"""A customer id becomes the items to offer. No HTTP here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from features.store import CandidateInfo, OnlineStore, PopularItem, StoredCandidates
from serving.cross_sell import sentences
from serving.cross_sell.artifact import SPOKEN, Description
from serving.cross_sell.model import CrossSellModel
from serving.cross_sell.schemas import Asked, Evidence, Kind, Offer, OfferReason, OffersAnswer, Status
from serving.freshness import is_stale
from serving.release import ReleasedModel
from serving.schemas import ServedModel
from serving.scoring.arrays import Floats, Places
from serving.scoring.artifact import ModelError

NONE = -1
"""In the place of an item: there is none."""


@dataclass(frozen=True)
class NewItems:
    """Items new to a customer: places in the store's items (n,) and the probability of each (n,).

    Not `personal` are shares of customers who buy what is popular, for who has no history.
    """

    items: Places
    probabilities: Floats
    personal: bool


class Offers:
    """A model and the store it fits: one consistent set that answers together and is swapped together.

    Raises `ModelError` when the store has no candidates, or when both were not made from the same features of
    the same items for the same horizon.
    """

    def __init__(
        self,
        released: ReleasedModel,
        model: CrossSellModel,
        store: OnlineStore,
        stale_after: timedelta | None = None,
    ) -> None:
        self.info = _fitting(released, model.description, store.info.candidates)
        self.model = model
        self._served = ServedModel(name=released.name, version=released.version, release=released.release)
        self._store = store
        self._stale_after = stale_after
        self._items = store.items
        self._parents = [item.parent for item in self._items]
        features = [item.features for item in self._items]
        self._item_features = np.array(features).reshape(len(self._items), len(self.info.item_names))
        by_id = sorted(range(len(self._items)), key=lambda place: self._items[place].item)
        self._rank = np.argsort(by_id)
        self._spoken = [self.info.names.index(name) for name in SPOKEN]

    def answer(self, customer_id: str, kind: Asked, limit: int) -> OffersAnswer:
        """The `limit` most probable items of a kind, ties by item id; the popular ones without a history.

        Raises `StoreError` when the store cannot be read.
        """
        segment, stored = self._history(customer_id)
        if stored is None:
            return self._answer(customer_id, "cold", kind, self._popular(segment, kind, limit))
        return self._answer(customer_id, "known", kind, self._likely(stored, kind, limit))

    def new_items(self, customer_ids: Sequence[str]) -> list[NewItems]:
        """All items new to each customer, the popular ones to who has no history.

        The most probable first, ties by item id. Scored together, each as if it were alone. Raises `StoreError`
        when the store cannot be read.
        """
        histories = [self._history(customer_id) for customer_id in customer_ids]
        new = [self._new(stored) for _, stored in histories]
        places = np.concatenate([items for items, _ in new])
        parents = [self._parents[place] for place in places.tolist()]
        rows = np.concatenate([rows for _, rows in new])
        probabilities = self.model.probabilities(rows, parents) if len(rows) else np.empty(0)
        ends = np.cumsum([len(items) for items, _ in new])[:-1]
        scored = zip(histories, np.split(places, ends), np.split(probabilities, ends), strict=True)
        return [
            self._most_popular(segment) if stored is None else self._ordered(items, chances)
            for (segment, stored), items, chances in scored
        ]

    def reasons(self, customer_id: str, item: str) -> list[OfferReason]:
        """What speaks for one item, as in an answer; none for an item that is not offered to this customer.

        Raises `StoreError` when the store cannot be read.
        """
        segment, stored = self._history(customer_id)
        if stored is None:
            said, popular = self._said(segment), self._store.popular(segment)
            return [self._popular_reason(one, said) for one in popular if self._items[one.item].item == item]
        at = np.flatnonzero([self._items[place].item == item for place in stored.items.tolist()])
        one = replace(stored, items=stored.items[at], because=stored.because[at], pairs=stored.pairs[at])
        rows = self._rows(one)
        kinds: list[Kind] = ["repeat" if again else "new" for again in self.model.repeats(rows).tolist()]
        return next(self._reasons(one.items, one.because, kinds, rows), [])

    def _history(self, customer_id: str) -> tuple[str, StoredCandidates | None]:
        """The customer's segment, empty when unknown, and what may be offered to who has a history."""
        stored = self._store.candidates(customer_id)
        if stored is None:
            return "", None
        return stored.segment, stored if len(stored.items) else None

    def _new(self, stored: StoredCandidates | None) -> tuple[Places, Floats]:
        """What is new to a customer, and the model's rows of it."""
        if stored is None:
            return np.empty(0, dtype=np.int32), np.empty((0, len(self.info.names)))
        rows = self._rows(stored)
        new = ~self.model.repeats(rows)
        return stored.items[new], rows[new]

    def _most_popular(self, segment: str) -> NewItems:
        popular = self._store.popular(segment)
        places = np.array([one.item for one in popular], dtype=np.int32)
        return NewItems(places, np.array([one.probability for one in popular]), personal=False)

    def _ordered(self, items: Places, probabilities: Floats) -> NewItems:
        order = np.lexsort((self._rank[items], -probabilities))
        return NewItems(items[order], probabilities[order], personal=True)

    def _answer(self, customer_id: str, status: Status, kind: Asked, offers: list[Offer]) -> OffersAnswer:
        return OffersAnswer(
            customer_id=customer_id,
            status=status,
            kind=kind,
            offers=offers,
            item_level=self.info.item_level,
            horizon_days=self.info.horizon_days,
            new_after_days=self.info.new_after_days,
            as_of=self._store.info.as_of,
            model=self._served,
            stale=is_stale(self._store.info.as_of, self._stale_after),
        )

    def _likely(self, stored: StoredCandidates, kind: Asked, limit: int) -> list[Offer]:
        rows = self._rows(stored)
        parents = [self._parents[place] for place in stored.items.tolist()]
        probabilities = self.model.probabilities(rows, parents)
        order = np.lexsort((self._rank[stored.items], -probabilities))
        if kind != "all":
            order = order[self.model.repeats(rows)[order] == (kind == "repeat")]
        best = order[:limit]
        return self._offers(stored.items[best], stored.because[best], rows[best], probabilities[best])

    def _rows(self, stored: StoredCandidates) -> Floats:
        """The model's rows: of the pair, the item, the customer."""
        rows = np.empty((len(stored.items), len(self.info.names)))
        first, last = stored.pairs.shape[1], rows.shape[1] - len(stored.customer)
        rows[:, :first] = stored.pairs
        rows[:, first:last] = self._item_features[stored.items]
        rows[:, last:] = stored.customer
        return rows

    def _offers(self, items: Places, because: Places, rows: Floats, probabilities: Floats) -> list[Offer]:
        kinds: list[Kind] = ["repeat" if again else "new" for again in self.model.repeats(rows).tolist()]
        evidence: list[Evidence] = ["mature" if enough else "thin" for enough in self.model.mature(rows)]
        places, reasons = items.tolist(), self._reasons(items, because, kinds, rows)
        columns = zip(places, kinds, probabilities.tolist(), evidence, reasons, strict=True)
        return [self._offer(*values) for values in columns]

    def _reasons(
        self, items: Places, because: Places, kinds: list[Kind], rows: Floats
    ) -> Iterator[list[OfferReason]]:
        spoken = rows[:, self._spoken].tolist()
        for place, bought, kind, values in zip(items.tolist(), because.tolist(), kinds, spoken, strict=True):
            known = dict(zip(SPOKEN, values, strict=True))
            speaks = None if bought == NONE else self._items[bought].name
            yield sentences.of_candidate(kind, known, self._items[place].name, speaks)

    def _popular(self, segment: str, kind: Asked, limit: int) -> list[Offer]:
        if kind == "repeat":
            return []
        said, popular = self._said(segment), self._store.popular(segment)
        return [
            self._offer(one.item, "new", one.probability, "thin", [self._popular_reason(one, said)])
            for one in popular[:limit]
        ]

    def _said(self, segment: str) -> str:
        """The segment, where it has popular items of its own; else none, who is everybody."""
        return "" if self._store.popular(segment) == self._store.popular("") else segment

    def _popular_reason(self, popular: PopularItem, said: str) -> OfferReason:
        return sentences.of_popular(popular.probability, self.info.horizon_days, said)

    def _offer(
        self, place: int, kind: Kind, probability: float, evidence: Evidence, reasons: list[OfferReason]
    ) -> Offer:
        item = self._items[place]
        return Offer(
            item=item.item,
            name=item.name,
            category=item.parent or None,
            kind=kind,
            probability=probability,
            evidence=evidence,
            reasons=reasons,
        )


def _fitting(released: ReleasedModel, model: Description, stored: CandidateInfo | None) -> CandidateInfo:
    """What the store says of its candidates, when the model was made for the same."""
    if stored is None:
        raise ModelError(
            "the online store has no candidates to offer: declare [cross_sell] in the dataset and run "
            "python -m features publish"
        )
    pairs = {
        "features": (tuple(model.features), stored.names),
        "fingerprint": (model.fingerprint, stored.fingerprint),
        "item_level": (model.item_level, stored.item_level),
        "horizon_days": (model.horizon_days, stored.horizon_days),
        "new_after_days": (model.new_after_days, stored.new_after_days),
    }
    other = [name for name, (ours, theirs) in pairs.items() if ours != theirs]
    if other:
        raise ModelError(
            f"model {released.name} {released.version} and the candidates in the online store differ in "
            f"{', '.join(other)}: run python -m features publish with the model's dataset, or train, promote "
            "and pull a model for this store"
        )
    return stored
