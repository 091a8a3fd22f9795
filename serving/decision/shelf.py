"""What of a catalogue lies ready on one channel and day: all of a decision that is the same for every customer.

A thousand offers have a few dozen sets of rules and list the same items again and again. So they are not asked one
by one: those with the same rules about the same item stay together until their contacts are counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Listing:
    """Cross-sell offers with the same rules which look at items in the same order.

    That is by what an item brings (`by_price`), or by its probability alone. Of the offers (`tags`) `best` take
    any item; the others are in `by_item` under each item that they list.
    """

    rules: RuleSet
    by_price: bool
    tags: Sequence[PriceTag]
    best: Sequence[PriceTag]
    by_item: Mapping[str, Sequence[PriceTag]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The offers of one channel on one day.

    `closed` says why others are not on it. `plain` are about no item, `listings` are the cross-sell offers,
    `bundles` those that depend on a basket; `offers` has all three by their ids.
    """

    day: date
    closed: tuple[Ended, ...]
    plain: Sequence[tuple[RuleSet, Sequence[PriceTag]]]
    listings: Sequence[Listing]
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
    by_rules = [(_rule_set(*tiers), tags) for tiers, tags in found.items()]
    return Shelf(
        day=day,
        closed=closed.gathered(),
        plain=[(rules, plain) for rules, tags in by_rules if (plain := _without_item(tags))],
        listings=[listing for rules, tags in by_rules for listing in _listings(rules, tags)],
        bundles=[(rules, tag) for rules, tags in by_rules for tag in tags if tag.offer.kind == "bundle"],
        offers={tag.offer.id: tag.offer for _, tags in by_rules for tag in tags},
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


def _without_item(tags: Sequence[PriceTag]) -> list[PriceTag]:
    return [tag for tag in tags if tag.offer.items is None]


def _listings(rules: RuleSet, tags: Sequence[PriceTag]) -> list[Listing]:
    found = defaultdict[bool, list[PriceTag]](list)
    for tag in tags:
        if tag.offer.kind == "cross_sell":
            found[tag.offer.margin is not None].append(tag)
    return [_listing(rules, alike, by_price=by_price) for by_price, alike in found.items()]


def _listing(rules: RuleSet, tags: Sequence[PriceTag], *, by_price: bool) -> Listing:
    best, by_item = list[PriceTag](), defaultdict[str, list[PriceTag]](list)
    for tag in tags:
        if tag.offer.items == "best":
            best.append(tag)
        else:
            for item in frozenset(tag.offer.items or ()):
                by_item[item].append(tag)
    return Listing(rules, by_price, tags, best, dict(by_item))
