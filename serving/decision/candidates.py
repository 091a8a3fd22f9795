"""The first stage: which offers of the catalogue are candidates here and now, and with which item."""

from collections.abc import Iterable, Mapping
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


class Items:
    """What one customer could be offered: the items new to them and what their basket lacks."""

    def __init__(self, question: Question, facts: Facts) -> None:
        self._basket = question.basket
        self._facts = facts

    @cached_property
    def _new(self) -> dict[str, ItemChance]:
        return {one.item: one for one in self._facts.new_items if one.item not in self._basket}

    @cached_property
    def _lacking(self) -> dict[str, ItemChance]:
        return {one.item: one for one in self._facts.basket_items if one.item not in self._basket}

    @cached_property
    def _most_probable(self) -> ItemChance | None:
        return best_item(self._new.values(), by_price=False)

    @cached_property
    def _most_valuable(self) -> ItemChance | None:
        return best_item(self._new.values(), by_price=True)

    def new(self, offer: Offer) -> ItemChance | None:
        """The item of a cross-sell offer: of those it lists, or of all, the one that brings most."""
        if offer.items == "best":
            return self._most_probable if offer.margin is None else self._most_valuable
        return best_item(_listed(offer, self._new), by_price=offer.margin is not None)

    def lacking(self, offer: Offer) -> tuple[str, ItemChance | None] | None:
        """The item of a bundle: of those that the basket lacks the one that brings most.

        None when the basket holds nothing of the bundle, or all of it, or when no item that it lacks has a
        probability and the offer gives no `acceptance`.
        """
        lacking = [item for item in offer.items or () if item not in self._basket]
        if not lacking or len(lacking) == len(offer.items or ()):
            return None
        chance = best_item(_listed(offer, self._lacking), by_price=offer.margin is not None)
        if chance is None:
            return None if offer.acceptance is None else (min(lacking), None)
        return chance.item, chance


def best_item(items: Iterable[ItemChance], *, by_price: bool) -> ItemChance | None:
    """The item with the largest probability, or with the largest probability x price where the value is a margin.

    Items without a price come after all that have one, ties are broken by the smaller id. None of none.
    """

    def order(one: ItemChance) -> tuple[float, float, str]:
        probability = one.chance.probability
        money = 1.0 if not by_price else -1.0 if one.price is None else probability * one.price
        return (-money, -probability, one.item)

    return min(items, key=order, default=None)


def candidate(bound: BoundOffer, question: Question, items: Items) -> Candidate | Ended:
    """The offer with its item, or why it is none here and now."""
    offer = bound.offer
    if question.channel not in offer.channels:
        return Ended(offer.id, "candidates", "channel", question.channel)
    if not offer.valid_on(day := question.at.date()):
        return Ended(offer.id, "candidates", "validity", day.isoformat())
    if offer.kind == "cross_sell":
        new = items.new(offer)
        return Ended(offer.id, "candidates", "no_item") if new is None else Candidate(bound, new.item, new)
    if offer.kind == "bundle":
        lacking = items.lacking(offer)
        return Ended(offer.id, "candidates", "no_basket") if lacking is None else Candidate(bound, *lacking)
    return Candidate(bound)


def _listed(offer: Offer, items: Mapping[str, ItemChance]) -> list[ItemChance]:
    return [items[item] for item in offer.items or () if item in items]
