"""A basket becomes the items to add, each with the rule that speaks for it. No HTTP here."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from features.store import OnlineStore
from serving.bundles.artifact import NONE, RELATIONS, RULE, Item
from serving.bundles.habits import Habits
from serving.bundles.model import BundleModel
from serving.bundles.rules import Codes, Counts
from serving.bundles.schemas import BundlesAnswer, Suggestion
from serving.freshness import is_stale
from serving.release import ReleasedModel
from serving.schemas import ServedModel
from serving.scoring.arrays import Flags, Floats

_STORED = ("count", "lift_low", "lift_high", "p_value", "q_value", "explained")
_COUNTED = ("support", "confidence", "lift", "leverage", "conviction", "zhang")
_UNSAID: dict[str, Any] = {**dict.fromkeys((*_STORED, *_COUNTED, "adjusted_lift", "relation")), "because": []}


class Bundles:
    """A model, and a store with the habits of customers: one consistent set that is swapped together.

    Any store will do: without habits of items as the model has them, no answer is personal.
    """

    def __init__(
        self,
        released: ReleasedModel,
        model: BundleModel,
        store: OnlineStore,
        stale_after: timedelta | None = None,
    ) -> None:
        self.model = model
        self._served = ServedModel(name=released.name, version=released.version, release=released.release)
        self._store = store
        self._stale_after = stale_after
        self._code = {item.id: code for code, item in enumerate(model.items)}
        self._habits = Habits(store, model.description.item_level, [item.id for item in model.items])

    def answer(self, basket: Iterable[str], customer_id: str | None, limit: int) -> BundlesAnswer:
        """The `limit` best items to add; to nothing that is known the best ones to begin with.

        Raises `StoreError` when the store cannot be read.
        """
        asked = dict.fromkeys(basket)
        known = [item for item in asked if item in self._code]
        codes = self._codes(known)
        own = None if customer_id is None else self._habits.own(customer_id)
        suggestions = self._suggestions(codes, own, self.model.candidates(self.model.members(codes)), limit)
        return self._answer(known, [item for item in asked if item not in self._code], own, suggestions)

    def of_item(self, item: str, limit: int) -> BundlesAnswer | None:
        """The same for one item alone, of significant evidence only; None for an item that nobody knows."""
        if item not in self._code:
            return None
        codes = self._codes([item])
        candidates = self.model.candidates(self.model.members(codes))
        candidates &= self.model.members(self.model.rules.partners(self._code[item]))
        return self._answer([item], [], None, self._suggestions(codes, None, candidates, limit))

    def lacking(self, basket: Iterable[str], customer_id: str) -> Iterator[tuple[Item, float]]:
        """Every item that may be added, the best first, with its probability; none to what nobody knows.

        Raises `StoreError` when the store cannot be read.
        """
        codes = self._codes([item for item in dict.fromkeys(basket) if item in self._code])
        if len(codes) == 0:
            return
        scores = self.model.scores(codes, self._habits.own(customer_id))
        best = self.model.ranked(scores, self.model.candidates(self.model.members(codes)))
        for code, probability in zip(best.tolist(), scores.probability[best].tolist(), strict=True):
            yield self.model.items[code], probability

    def because(self, basket: Iterable[str], item: str) -> list[str]:
        """The names of what the basket holds that speaks most for an item; none where no rule leads to it."""
        if item not in self._code:
            return []
        held = self.model.members(self._codes([one for one in basket if one in self._code]))
        found = self.model.rules.evidence(held, self._code[item])
        if found is None:
            return []
        antecedent = self.model.rules.rows["antecedent"][found[0]].tolist()
        return [self.model.items[code].name for code in antecedent if code != NONE]

    def _answer(
        self, known: list[str], ignored: list[str], own: Floats | None, suggestions: list[Suggestion]
    ) -> BundlesAnswer:
        described = self.model.description
        return BundlesAnswer(
            basket=known,
            ignored=ignored,
            starter=not known,
            personal=own is not None,
            ranked_by="expected_margin" if self.model.by_margin else "probability",
            suggestions=suggestions,
            item_level=described.item_level,
            currency=described.currency,
            learned_through=described.learned_through,
            as_of=self._store.info.as_of,
            model=self._served,
            stale=is_stale(self._store.info.as_of, self._stale_after),
        )

    def _suggestions(
        self, basket: Codes, own: Floats | None, candidates: Flags, limit: int
    ) -> list[Suggestion]:
        scores = self.model.scores(basket, own)
        best = self.model.ranked(scores, candidates)[:limit]
        held = self.model.members(basket)
        return [
            self._suggestion(code, probability, held)
            for code, probability in zip(best.tolist(), scores.probability[best].tolist(), strict=True)
        ]

    def _suggestion(self, code: int, probability: float, held: Flags) -> Suggestion:
        item = self.model.items[code]
        found = self.model.rules.evidence(held, code)
        evidence, said = ("none", _UNSAID) if found is None else (found[1], self._said(found[0], item))
        return Suggestion(
            item_id=item.id,
            name=item.name,
            probability=probability,
            margin=item.margin,
            expected_margin=None if item.margin is None else probability * item.margin,
            evidence=evidence,
            **said,
        )

    def _said(self, place: int, item: Item) -> dict[str, Any]:
        """What a rule says of an item, by the names of the answer."""
        rule = dict(zip(RULE.names or (), self.model.rules.rows[place].item(), strict=True))
        because = [self.model.items[code].id for code in rule["antecedent"] if code != NONE]
        counts = Counts(rule["count"], rule["antecedent_count"], item.count, self.model.description.baskets)
        return {
            **{name: rule[name] for name in _STORED},
            **{name: getattr(counts, name) for name in _COUNTED},
            "because": because,
            "adjusted_lift": None if math.isnan(rule["adjusted_lift"]) else rule["adjusted_lift"],
            "relation": RELATIONS[rule["relation"]],
        }

    def _codes(self, items: Sequence[str]) -> Codes:
        return np.array([self._code[item] for item in items], dtype=np.intp)
