"""What catalogue and policy would do on the published snapshot: whom no offer reaches, and which offer nobody.

Every customer is asked about on every channel with the decision that the service makes, as if nobody had been
contacted before. Left aside are the control group and the lot that explores, and offers that begin later count as
begun. A bundle depends on a basket, so it is asked about apart, with all of its items but the last in the basket,
and only until somebody could have it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from itertools import islice

from serving.decision.attributes import OF_MOMENT
from serving.decision.bound import BoundOffer
from serving.decision.decide import decide
from serving.decision.facts import Facts, History, Kind, Question
from serving.decision.rulebook import Rulebook
from serving.decision.trace import Decision
from serving.next_best_offer.fact_source import FactSource
from serving.release import ModelName

AT_ONCE = 500
"""Customers whose scores are computed together."""

_EXAMPLES = 3
_NO_RULES = {"channel", "no_basket"}
"""Where an offer ends that was not asked about; says nothing about the customer."""

_MODELS: Mapping[Kind, ModelName] = {
    "retention": "churn",
    "cross_sell": "cross_sell",
    "bundle": "bundles",
}
"""The model that gives the probabilities of a kind of offers."""
_OF_CHURN = {"churn_probability", "churn_band"}

Where = tuple[str, str]
"""A stage and the rule that ended an offer there."""


@dataclass
class OfferReach:
    """How far an offer comes.

    `asks` are the attributes of a question that its rules speak of, which a check does not know. `lacks` are
    the models that it depends on and that are not there, because nothing was released yet. `worth` customers
    have a channel on which it is worth more than nothing. `won` has the priority, in money, for each whom it is
    the answer for, on the channel where it is worth most. `ended` counts where it ended otherwise, over
    customers and channels.
    """

    kind: Kind
    asks: tuple[str, ...] = ()
    lacks: tuple[ModelName, ...] = ()
    worth: int = 0
    won: list[float] = field(default_factory=list)
    ended: Counter[Where] = field(default_factory=Counter)

    @property
    def lacks_consent_alone(self) -> bool:
        """Whether it ended nowhere but at consents, as the snapshot has them."""
        return bool(self.ended) and {stage for stage, _ in self.ended} == {"consent"}


@dataclass
class ChannelReach:
    """How many of the customers get nothing on a channel.

    `ended` counts for how many of these at least one offer ended there; `examples` are the first of their ids.
    """

    customers: int = 0
    without: int = 0
    ended: Counter[Where] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """What was found so far, by offer id and by channel; offers on none of the channels are not there."""

    offers: dict[str, OfferReach]
    channels: dict[str, ChannelReach]

    @property
    def unreached(self) -> dict[str, OfferReach]:
        """The offers that reached nobody, by id."""
        return {offer_id: reach for offer_id, reach in self.offers.items() if reach.worth == 0}

    @property
    def unreachable(self) -> list[str]:
        """Those of them that no consent, no question of a moment and no first release could make reach anybody."""
        return [
            offer_id
            for offer_id, reach in self.unreached.items()
            if not (reach.asks or reach.lacks or reach.lacks_consent_alone)
        ]


def check(
    source: FactSource,
    customer_ids: Iterable[str],
    rulebook: Rulebook,
    channels: Sequence[str],
    now: datetime,
) -> Iterator[Findings]:
    """The findings after each `AT_ONCE` customers: always the same object, which grows.

    Asked about is noon of today in the policy's time zone. Raises `StoreError` when the store cannot be read.
    """
    released = bool(source.served.models.release.models)
    findings = Findings(
        {
            bound.offer.id: OfferReach(bound.offer.kind, _asks(bound), () if released else _needs(bound))
            for bound in rulebook.offers
            if not bound.costs.keys().isdisjoint(channels)
        },
        {channel: ChannelReach() for channel in channels},
    )
    trials = _trials(_without_chance(rulebook), channels)
    at = _noon(rulebook, now)
    remaining = iter(customer_ids)
    while some := list(islice(remaining, AT_ONCE)):
        for trial in trials:
            for facts in source.facts([(one, trial.basket) for one in some]):
                _count(findings, trial.decisions(facts, at), count_channels=not trial.basket)
        trials = [trial for trial in trials if not trial.is_over(findings)]
        yield findings


@dataclass(frozen=True)
class _Trial:
    """One way to ask about a customer: which offers on which channels, and what the basket holds."""

    rulebook: Rulebook
    channels: Sequence[str]
    basket: frozenset[str] = frozenset()

    def decisions(self, facts: Facts, at: datetime) -> list[Decision]:
        """One for each channel."""
        questions = [
            Question("check", facts.customer_id, channel, channel, at, basket=self.basket)
            for channel in self.channels
        ]
        return [decide(question, facts, History(), self.rulebook) for question in questions]

    def is_over(self, findings: Findings) -> bool:
        """Whether the bundle that it is about has been found to reach somebody."""
        return bool(self.basket) and all(
            findings.offers[bound.offer.id].worth for bound in self.rulebook.offers
        )


def _asks(bound: BoundOffer) -> tuple[str, ...]:
    return tuple(sorted(_names(bound) & OF_MOMENT))


def _needs(bound: BoundOffer) -> tuple[ModelName, ...]:
    needed = {_MODELS[bound.offer.kind]} if bound.offer.kind in _MODELS else set()
    return tuple(sorted(needed | ({"churn"} if _names(bound) & _OF_CHURN else set())))


def _names(bound: BoundOffer) -> set[str]:
    """The attributes that the rules of an offer speak of."""
    return {name for rule in (*bound.must, *bound.relevant, *bound.good) for name in rule.names}


def _trials(rulebook: Rulebook, channels: Sequence[str]) -> list[_Trial]:
    offered = [bound for bound in rulebook.offers if not bound.costs.keys().isdisjoint(channels)]
    bundles = [bound for bound in offered if bound.offer.kind == "bundle"]
    others = tuple(bound for bound in offered if bound.offer.kind != "bundle")
    with_basket = [
        _Trial(replace(rulebook, offers=(bound,)), channels, frozenset((bound.offer.items or ())[:-1]))
        for bound in bundles
    ]
    return [_Trial(replace(rulebook, offers=others), channels), *with_basket]


def _without_chance(rulebook: Rulebook) -> Rulebook:
    """The same without control group, exploration and first days."""
    control = rulebook.policy.control.model_copy(update={"share": 0.0})
    exploration = rulebook.policy.exploration.model_copy(update={"share": 0.0})
    policy = rulebook.policy.model_copy(update={"control": control, "exploration": exploration})
    return replace(rulebook, policy=policy, offers=tuple(map(_begun, rulebook.offers)))


def _begun(bound: BoundOffer) -> BoundOffer:
    return replace(bound, offer=bound.offer.model_copy(update={"valid_from": None}))


def _noon(rulebook: Rulebook, now: datetime) -> datetime:
    zone = rulebook.policy.clock.zone
    return datetime.combine(now.astimezone(zone), time(12), zone).astimezone(UTC)


def _count(findings: Findings, decisions: Sequence[Decision], *, count_channels: bool) -> None:
    """Add what was decided about one customer."""
    for offer_id in {one.offer_id for decision in decisions for one in decision.priced if one.priority > 0}:
        findings.offers[str(offer_id)].worth += 1
    given = sorted((str(one.offer_id), one.priority) for decision in decisions for one in decision.given)
    for offer_id, priority in dict(given).items():
        findings.offers[offer_id].won.append(priority)
    for decision in decisions:
        for offer_id, where in _ends(decision):
            if where[0] != "answer":
                findings.offers[offer_id].ended[where] += 1
        if count_channels:
            _count_channel(findings.channels[decision.channel], decision)


def _ends(decision: Decision) -> Iterator[tuple[str, Where]]:
    """Where each offer ended that was asked about."""
    for one in decision.ended:
        if one.rule not in _NO_RULES:
            yield from (
                (offer_id, (one.stage, one.rule)) for offer_id in one.offer_ids if offer_id is not None
            )


def _count_channel(reach: ChannelReach, decision: Decision) -> None:
    reach.customers += 1
    if decision.given:
        return
    reach.without += 1
    reach.ended.update({where for _, where in _ends(decision)})
    if len(reach.examples) < _EXAMPLES:
        reach.examples.append(decision.customer_id)


def strangers(rulebook: Rulebook, items: Collection[str]) -> dict[str, list[str]]:
    """By offer id the items that it lists and that are not among the `items` that could be offered, if any."""
    found = {
        bound.offer.id: [item for item in bound.offer.items or () if item not in items]
        for bound in rulebook.offers
        if bound.offer.items != "best"
    }
    return {offer_id: unknown for offer_id, unknown in found.items() if unknown}
