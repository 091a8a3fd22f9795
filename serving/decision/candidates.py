"""The first stage: which offers of a shelf are candidates here and now, and with which item.

An offer is about the item that brings most of those that fit its rules. When none fits it is about the one that
brings most of all, so that the rule which it breaks is on record.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from serving.decision.ends import End, Ends
from serving.decision.facts import Facts, ItemChance, Question
from serving.decision.pricing import PriceTag
from serving.decision.shelf import Group, Listing, RuleSet, Shelf

Misfit = Callable[[RuleSet, str | None, ItemChance | None], int | None]
"""The place of the first rule about an item that fails with it, None when it fits."""

_NO_ITEM: End = ("candidates", "no_item", "")
_NO_BASKET: End = ("candidates", "no_basket", "")


def candidates(shelf: Shelf, question: Question, facts: Facts, misfit: Misfit, ends: Ends) -> list[Group]:
    """The offers that could be made, each with its item; `ends` takes those for which there is none."""
    new = [one for one in facts.new_items if one.item not in question.basket]
    orders = {one: _Order(new, by_price=one) for one in {listing.by_price for listing in shelf.listings}}
    groups = [Group(rules, tags, None, None, misfit(rules, None, None)) for rules, tags in shelf.plain]
    for listing in shelf.listings:
        groups += _cross_sold(listing, orders[listing.by_price], misfit, ends)
    return groups + _bundled(shelf.bundles, question, facts, misfit, ends)


class _Order:
    """The items new to one customer, those that bring most first."""

    def __init__(self, items: Iterable[ItemChance], *, by_price: bool) -> None:
        self.items = in_order(items, by_price=by_price)
        self._places = {one.item: place for place, one in enumerate(self.items)}

    def of(self, listed: Mapping[str, object]) -> list[ItemChance]:
        """Those that are listed."""
        places = map(self._places.__getitem__, self._places.keys() & listed.keys())
        return [self.items[place] for place in sorted(places)]


def in_order(items: Iterable[ItemChance], *, by_price: bool) -> list[ItemChance]:
    """Items by probability, or by probability x price where the value is a margin, what brings most first.

    Items without a price come after all that have one, ties are broken by the smaller id.
    """

    def order(one: ItemChance) -> tuple[float, float, str]:
        item, (probability, _), price = one
        money = 1.0 if not by_price else -1.0 if price is None else probability * price
        return (-money, -probability, item)

    return sorted(items, key=order)


def _cross_sold(listing: Listing, order: _Order, misfit: Misfit, ends: Ends) -> list[Group]:
    """A group for each item that some offer is about."""
    rules, taken, groups = listing.rules, set[PriceTag](), list[Group]()
    for one, place in _fitting_first(rules, order.of(listing.by_item), misfit):
        if tags := [tag for tag in listing.by_item[one.item] if tag not in taken]:
            groups.append(Group(rules, tags, one.item, one, place))
            taken.update(tags)
    if listing.best and order.items:
        groups.append(_about_best(rules, listing.best, order.items, misfit))
        taken.update(listing.best)
    ends.add_all(_NO_ITEM, [tag.offer.id for tag in listing.tags if tag not in taken])
    return groups


def _bundled(
    bundles: Sequence[tuple[RuleSet, PriceTag]],
    question: Question,
    facts: Facts,
    misfit: Misfit,
    ends: Ends,
) -> list[Group]:
    """A group for each bundle that completes the basket."""
    lacking = {one.item: one for one in facts.basket_items if one.item not in question.basket}
    groups = []
    for rules, tag in bundles:
        group = _completing(rules, tag, question.basket, lacking, misfit)
        if group is None:
            ends.add(_NO_BASKET, tag.offer.id)
        else:
            groups.append(group)
    return groups


def _completing(
    rules: RuleSet,
    tag: PriceTag,
    basket: frozenset[str],
    lacking: Mapping[str, ItemChance],
    misfit: Misfit,
) -> Group | None:
    """The bundle with an item that the basket lacks.

    None when the basket holds nothing of it, or all of it, or when no item that it lacks has a probability and the
    offer gives no `acceptance`.
    """
    offer = tag.offer
    missing = [item for item in offer.items or () if item not in basket]
    if not missing or len(missing) == len(offer.items or ()):
        return None
    if listed := [lacking[item] for item in missing if item in lacking]:
        return _about_best(rules, [tag], in_order(listed, by_price=offer.margin is not None), misfit)
    if offer.acceptance is None:
        return None
    return Group(rules, [tag], min(missing), None, misfit(rules, min(missing), None))


def _about_best(
    rules: RuleSet, tags: Sequence[PriceTag], ordered: Iterable[ItemChance], misfit: Misfit
) -> Group:
    """The offers with the first item that fits, or with the first of all."""
    best, place = next(_fitting_first(rules, ordered, misfit))
    return Group(rules, tags, best.item, best, place)


def _fitting_first(
    rules: RuleSet, ordered: Iterable[ItemChance], misfit: Misfit
) -> Iterator[tuple[ItemChance, int | None]]:
    """Items in two turns, those that fit and then the others, each with the first rule that it fails."""
    others = []
    for one in ordered:
        place = misfit(rules, one.item, one)
        if place is None:
            yield one, None
        else:
            others.append((one, place))
    yield from others
