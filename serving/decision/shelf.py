"""What of a catalogue lies ready on one channel and day: all of a decision that is the same for every customer.

A thousand offers have a few dozen sets of rules and list the same items again and again. So they are not asked one
by one: those with the same rules about the same item stay together until their contacts are counted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from serving.decision.bound import BoundOffer
from serving.decision.catalogue import Offer
from serving.decision.conditions import Condition
from serving.decision.ends import Ends
from serving.decision.facts import ItemChance
from serving.decision.policy import Policy
from serving.decision.pricing import PriceTag, price_tag
from serving.decision.trace import Ended, Stage


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules of some offers with the stages that ask them, in the order in which they are asked.

    `of_item` are the places of those that depend on the candidate's item.
    """

    asked: tuple[tuple[Stage, Condition], ...]
    of_item: tuple[int, ...]


class Group(NamedTuple):
    """Offers with the same rules about the same item: no rule can part them.

    `item` is None for offers that are about none; `chance` is None when no model says how probably it is taken.
    `misfit` is the place of the first rule about the item that fails, None when it fits.
    """

    rules: RuleSet
    tags: Sequence[PriceTag]
    item: str | None
    chance: ItemChance | None
    misfit: int | None


Alike = tuple[RuleSet, Sequence[PriceTag]]
"""Offers with the same rules."""


@dataclass(frozen=True, slots=True)
class CrossSell:
    """Cross-sell offers that look at items in the same order: by what an item brings, or by its probability alone.

    Of the offers (`tags`) `best` take any item; the others are in `by_item` under each item that they list.
    """

    by_price: bool
    tags: Sequence[PriceTag]
    best: Sequence[Alike]
    by_item: Mapping[str, Sequence[Alike]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The offers of one channel on one day.

    `closed` says why others are not on it. `plain` are about no item, `cross_sell` about one that is new to the
    customer, `bundles` about one that a basket lacks; `offers` has all three by their ids.
    """

    day: date
    closed: tuple[Ended, ...]
    plain: Sequence[Alike]
    cross_sell: Sequence[CrossSell]
    bundles: Sequence[tuple[RuleSet, PriceTag]]
    offers: Mapping[str | None, Offer]


def shelf(catalogue: Iterable[BoundOffer], policy: Policy, channel: str, day: date) -> Shelf:
    """The shelf of a channel on a day (UTC)."""
    closed, found = Ends(), defaultdict[tuple[tuple[Condition, ...], ...], list[PriceTag]](list)
    for bound in catalogue:
        if channel not in bound.offer.channels:
            closed.add(("candidates", "channel", channel), bound.offer.id)
        elif not bound.offer.valid_on(day):
            closed.add(("candidates", "validity", day.isoformat()), bound.offer.id)
        else:
            found[bound.must, bound.relevant, bound.good].append(price_tag(bound, channel, policy))
    alike = [(_rule_set(*tiers), tags) for tiers, tags in found.items()]
    return Shelf(
        day=day,
        closed=closed.gathered(),
        plain=_of_these(alike, lambda offer: offer.items is None),
        cross_sell=[one for by_price in (True, False) if (one := _cross_sell(alike, by_price=by_price)).tags],
        bundles=[(rules, tag) for rules, tags in alike for tag in tags if tag.offer.kind == "bundle"],
        offers={tag.offer_id: tag.offer for _, tags in alike for tag in tags},
    )


def _rule_set(
    must: tuple[Condition, ...], relevant: tuple[Condition, ...], good: tuple[Condition, ...]
) -> RuleSet:
    tiers: tuple[tuple[Stage, tuple[Condition, ...]], ...] = (
        ("eligibility", must),
        ("applicability", relevant),
        ("suitability", good),
    )
    asked = tuple((stage, rule) for stage, rules in tiers for rule in rules)
    return RuleSet(asked, tuple(place for place, (_, rule) in enumerate(asked) if rule.of_item))


def _of_these(alike: Iterable[Alike], chosen: Callable[[Offer], bool]) -> list[Alike]:
    """The same with chosen offers alone."""
    found = [(rules, [tag for tag in tags if chosen(tag.offer)]) for rules, tags in alike]
    return [(rules, tags) for rules, tags in found if tags]


def _cross_sell(alike: Iterable[Alike], *, by_price: bool) -> CrossSell:
    here = _of_these(alike, lambda one: one.kind == "cross_sell" and (one.margin is not None) is by_price)
    return CrossSell(
        by_price=by_price,
        tags=[tag for _, tags in here for tag in tags],
        best=_of_these(here, lambda offer: offer.items == "best"),
        by_item=_by_item(_of_these(here, lambda offer: offer.items != "best")),
    )


def _by_item(listing: Iterable[Alike]) -> Mapping[str, Sequence[Alike]]:
    found = defaultdict[str, list[Alike]](list)
    for rules, tags in listing:
        of_item = defaultdict[str, list[PriceTag]](list)
        for tag in tags:
            for item in frozenset(tag.offer.items or ()):
                of_item[item].append(tag)
        for item, some in of_item.items():
            found[item].append((rules, some))
    return dict(found)
