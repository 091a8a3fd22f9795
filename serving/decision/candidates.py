"""The first stage: which offers of a shelf are candidates here and now, and with which item.

An offer is about the item that brings most of those that fit its rules. When none fits it is about the one that
brings most of all, so that the rule which it breaks is on record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from serving.decision.ends import End, Ends
from serving.decision.facts import Facts, ItemChance, Question
from serving.decision.pricing import PriceTag
from serving.decision.shelf import CrossSell, Group, RuleSet, Shelf

Misfit = Callable[[RuleSet, str | None, ItemChance | None], int | None]
"""The place of the first rule about an item that fails with it, None when it fits."""

_NO_ITEM: End = ("candidates", "no_item", "")
_NO_BASKET: End = ("candidates", "no_basket", "")


def candidates(shelf: Shelf, question: Question, facts: Facts, misfit: Misfit, ends: Ends) -> list[Group]:
    """The offers that could be made, each with its item; `ends` takes those for which there is none."""
    groups = [Group(rules, tags, None, None, misfit(rules, None, None)) for rules, tags in shelf.plain]
    new = [one for one in facts.new_items if one.item not in question.basket]
    for offers in shelf.cross_sell:
        groups += _cross_sold(offers, in_order(new, by_price=offers.by_price), misfit, ends)
    return groups + _bundled(shelf.bundles, question, facts, misfit, ends)


def in_order(items: Iterable[ItemChance], *, by_price: bool) -> list[ItemChance]:
    """Items by probability, or by probability x price where the value is a margin, what brings most first.

    Items without a price come after all that have one, ties are broken by the smaller id.
    """

    def order(one: ItemChance) -> tuple[float, float, str]:
        item, (probability, _), price = one
        money = 1.0 if not by_price else -1.0 if price is None else probability * price
        return (-money, -probability, item)

    return sorted(items, key=order)


def _cross_sold(offers: CrossSell, items: Sequence[ItemChance], misfit: Misfit, ends: Ends) -> list[Group]:
    """The offers in groups, each offer with the first of its items that fits, or else with the first."""
    groups = [_about_first(rules, tags, items, misfit) for rules, tags in offers.best] if items else []
    taken = {tag for group in groups for tag in group.tags}
    listed = [
        Group(rules, tags, one.item, one, misfit(rules, one.item, one))
        for one in items
        for rules, tags in offers.by_item.get(one.item, ())
    ]
    unfit = [group for group in listed if group.misfit is not None]
    for group in (*(group for group in listed if group.misfit is None), *unfit):
        if left := [tag for tag in group.tags if tag not in taken]:
            groups.append(group if len(left) == len(group.tags) else group._replace(tags=left))
            taken.update(left)
    ends.add_all(_NO_ITEM, [tag.offer_id for tag in offers.tags if tag not in taken])
    return groups


def _bundled(
    bundles: Sequence[tuple[RuleSet, PriceTag]],
    question: Question,
    facts: Facts,
    misfit: Misfit,
    ends: Ends,
) -> list[Group]:
    """A group for each bundle that completes the basket."""
    if not question.basket:
        ends.add_all(_NO_BASKET, [tag.offer_id for _, tag in bundles])
        return []
    lacking = {one.item: one for one in facts.basket_items if one.item not in question.basket}
    groups = []
    for rules, tag in bundles:
        group = _completing(rules, tag, question.basket, lacking, misfit)
        if group is None:
            ends.add(_NO_BASKET, tag.offer_id)
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
        return _about_first(rules, [tag], in_order(listed, by_price=offer.margin is not None), misfit)
    if offer.acceptance is None:
        return None
    return Group(rules, [tag], min(missing), None, misfit(rules, min(missing), None))


def _about_first(
    rules: RuleSet, tags: Sequence[PriceTag], items: Sequence[ItemChance], misfit: Misfit
) -> Group:
    """The offers with the first item that fits, or else with the first."""
    fitting = (one for one in items if misfit(rules, one.item, one) is None)
    best = next(fitting, items[0])
    return Group(rules, tags, best.item, best, misfit(rules, best.item, best))
