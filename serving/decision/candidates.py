"""The first stage: which offers of the catalogue are candidates here and now, and with which item."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from serving.decision.catalogue import Offer
from serving.decision.facts import Facts, ItemChance, Question
from serving.decision.rulebook import BoundOffer
from serving.decision.trace import Ended


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that could be made, and the item it is about.

    `item` is None for offers without items; `chance` is None when no model says how probably it is taken.
    """

    bound: BoundOffer
    item: str | None = None
    chance: ItemChance | None = None


Fits = Callable[[BoundOffer, ItemChance], bool]
"""Whether the offer's rules about items hold for an item."""


class Items:
    """What one customer could be offered: the items new to them and what their basket lacks.

    An offer is about the item that brings most of those that fit its rules. When none fits it is about the one
    that brings most of all, so that the rule which it breaks is on record.
    """

    def __init__(self, question: Question, facts: Facts, fits: Fits) -> None:
        self._basket = question.basket
        self._facts = facts
        self._fits = fits

    @cached_property
    def _new(self) -> dict[str, ItemChance]:
        return {one.item: one for one in self._facts.new_items if one.item not in self._basket}

    @cached_property
    def _lacking(self) -> dict[str, ItemChance]:
        return {one.item: one for one in self._facts.basket_items if one.item not in self._basket}

    @cached_property
    def _by_probability(self) -> list[ItemChance]:
        return in_order(self._new.values(), by_price=False)

    @cached_property
    def _by_price(self) -> list[ItemChance]:
        return in_order(self._new.values(), by_price=True)

    def new(self, bound: BoundOffer) -> ItemChance | None:
        """The item of a cross-sell offer, of those that it lists or of all; None when there is none."""
        offer = bound.offer
        if offer.items == "best":
            return self._best(bound, self._by_probability if offer.margin is None else self._by_price)
        return self._best(bound, in_order(_listed(offer, self._new), by_price=offer.margin is not None))

    def lacking(self, bound: BoundOffer) -> tuple[str, ItemChance | None] | None:
        """The item of a bundle, of those that the basket lacks.

        None when the basket holds nothing of the bundle, or all of it, or when no item that it lacks has a
        probability and the offer gives no `acceptance`.
        """
        offer = bound.offer
        lacking = [item for item in offer.items or () if item not in self._basket]
        if not lacking or len(lacking) == len(offer.items or ()):
            return None
        listed = in_order(_listed(offer, self._lacking), by_price=offer.margin is not None)
        chance = self._best(bound, listed)
        if chance is None:
            return None if offer.acceptance is None else (min(lacking), None)
        return chance.item, chance

    def _best(self, bound: BoundOffer, ordered: Sequence[ItemChance]) -> ItemChance | None:
        fitting = (one for one in ordered if not bound.of_item or self._fits(bound, one))
        return next(fitting, ordered[0] if ordered else None)


def in_order(items: Iterable[ItemChance], *, by_price: bool) -> list[ItemChance]:
    """Items by probability, or by probability x price where the value is a margin, what brings most first.

    Items without a price come after all that have one, ties are broken by the smaller id.
    """

    def order(one: ItemChance) -> tuple[float, float, str]:
        probability = one.chance.probability
        money = 1.0 if not by_price else -1.0 if one.price is None else probability * one.price
        return (-money, -probability, one.item)

    return sorted(items, key=order)


def candidate(bound: BoundOffer, question: Question, items: Items) -> Candidate | Ended:
    """The offer with its item, or why it is none here and now."""
    offer = bound.offer
    if question.channel not in offer.channels:
        return Ended(offer.id, "candidates", "channel", question.channel)
    if not offer.valid_on(day := question.at.date()):
        return Ended(offer.id, "candidates", "validity", day.isoformat())
    if offer.kind == "cross_sell":
        new = items.new(bound)
        return Ended(offer.id, "candidates", "no_item") if new is None else Candidate(bound, new.item, new)
    if offer.kind == "bundle":
        lacking = items.lacking(bound)
        return Ended(offer.id, "candidates", "no_basket") if lacking is None else Candidate(bound, *lacking)
    return Candidate(bound)


def _listed(offer: Offer, items: Mapping[str, ItemChance]) -> list[ItemChance]:
    return [items[item] for item in offer.items or () if item in items]
