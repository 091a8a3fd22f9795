"""A shop whose truth is known: what each offer would bring with each customer, beyond what happens without it.

Customers differ in what they spend, how near they are to leaving and what they like. A model sees most of it and
is calibrated: of those that it gives a probability, so many do it. What it does not see is the rest of the truth.
Every offer makes something more probable (a purchase, or staying) that also happens without it:

    expected profit of an offer = (rate with it - rate without it) x money - redeemed x discount - cost

and 0 of no offer. The catalogue knows save rates, acceptances and incremental shares as they are on average.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.decision.attributes import Attribute
from serving.decision.catalogue import Catalogue, Offer
from serving.decision.facts import Chance, Facts, ItemChance, Question
from serving.decision.policy import Policy
from serving.decision.rulebook import Rulebook, rulebook

Floats = NDArray[np.float64]

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRICES = {"BEER": 9.0, "CHEESE": 6.0, "SALT": 2.0, "WINE": 14.0}
SAUCE_PRICE = 4.0
STAKE = {"margin": 0.25, "days": 168.0}
OFFERS: Sequence[Mapping[str, Any]] = (
    {"id": "stay-3", "kind": "retention", "save_rate": 0.15, "redemption": 0.6, "discount": 3.0},
    {"id": "stay-12", "kind": "retention", "save_rate": 0.35, "redemption": 0.8, "discount": 12.0},
    {"id": "taste", "kind": "cross_sell", "items": "best", "margin": 0.4, "incremental": 0.5},
    {"id": "drinks", "kind": "cross_sell", "items": ["BEER", "WINE"], "margin": 0.4, "incremental": 0.8}
    | {"discount": 1.5},
    {"id": "pasta", "kind": "bundle", "items": ["PASTA", "SAUCE"], "margin": 0.5, "incremental": 0.6},
    {"id": "points", "kind": "loyalty", "value": 5.0, "acceptance": 0.3, "incremental": 0.4}
    | {"discount": 1.0, "cost": 0.1},
    {"id": "club", "kind": "loyalty", "value": 16.0, "acceptance": 0.1, "incremental": 0.5}
    | {"discount": 2.0, "must": ["spend_84d >= 150"]},
    {"id": "gift", "kind": "loyalty", "value": 40.0, "acceptance": 0.6, "incremental": 0.1}
    | {"discount": 5.0},
)
"""The last costs more than it brings, though it is the likeliest and worth most of what is bought."""


@dataclass(frozen=True)
class Truth:
    """What each offer does: a row a customer, a column an offer.

    `without` and `rate` are the probabilities of what it is about (buying, staying) without and with it, `money`
    what that brings, `redeemed` the probability that its discount is taken; `charges` has discounts and costs.
    """

    without: Floats
    rate: Floats
    money: Floats
    redeemed: Floats
    charges: Floats

    @property
    def expected(self) -> Floats:
        """Profit beyond no offer, in money; the last column is no offer itself."""
        discount, cost = self.charges
        profit = (self.rate - self.without) * self.money - self.redeemed * discount - cost
        return np.column_stack([profit, np.zeros(len(profit))])

    def drawn(self, random: np.random.Generator) -> Floats:
        """What it comes to once, in the shape of `expected`; who buys without an offer buys with it too."""
        discount, cost = self.charges
        luck = random.random(self.rate.shape)
        more = (luck < self.rate).astype(float) - (luck < self.without)
        redeemed = random.random(self.rate.shape) < self.redeemed
        profit = more * self.money - redeemed * discount - cost
        return np.column_stack([profit, np.zeros(len(profit))])


@dataclass(frozen=True)
class World:
    """Customers in the order of `truth`'s rows: what is asked for each, and what is known of them."""

    rulebook: Rulebook
    questions: tuple[Question, ...]
    facts: tuple[Facts, ...]
    truth: Truth

    def column(self, offer_id: str | None) -> int:
        """Where an offer, or None for no offer, stands in the columns of profits."""
        ids = [bound.offer.id for bound in self.rulebook.offers]
        return len(ids) if offer_id is None else ids.index(offer_id)


@dataclass(frozen=True)
class Seen:
    """What a model sees of the customers: money spent, and calibrated probabilities (of items by the `PRICES`)."""

    spend: Floats
    churn: Floats
    likes: Floats
    sauce: Floats


def world(
    seed: int, customers: int = 300, control: float = 0.0, exploration: float = 0.02, max_loss: float = 1.0
) -> World:
    """So many customers of one seed; the shares are those of the policy. The same arguments, the same world."""
    random = np.random.default_rng(seed)
    fickle, spending, cooking = random.normal(size=(3, customers))
    seen = Seen(
        spend=np.exp(4.6 + 0.8 * spending),
        churn=_share(-1.6 + fickle - 0.4 * spending),
        likes=_share(np.array([-2.0, -2.0, -1.0, -2.7]) + random.normal(size=(customers, len(PRICES)))),
        sauce=_share(-1.5 + cooking),
    )
    rules = _rulebook(control, exploration, max_loss)
    effects = [_effect(bound.offer, seen, random) for bound in rules.offers]
    without, rate, money, redeemed = (np.column_stack(columns) for columns in zip(*effects, strict=True))
    charges = np.array([[bound.offer.discount, bound.offer.cost or 0.0] for bound in rules.offers]).T
    baskets = [frozenset({"PASTA"} if cooks else ()) for cooks in random.random(customers) < 0.4]
    names = [f"{seed}-{number}" for number in range(customers)]
    return World(
        rulebook=rules,
        questions=tuple(
            Question(name, name, "web", "home", AT, basket=basket)
            for name, basket in zip(names, baskets, strict=True)
        ),
        facts=tuple(_facts(name, seen, row) for row, name in enumerate(names)),
        truth=Truth(without, rate, money, redeemed, charges),
    )


def _facts(name: str, seen: Seen, row: int) -> Facts:
    items = zip(PRICES.items(), seen.likes[row].tolist(), strict=True)
    return Facts(
        name,
        known=True,
        as_of=AT,
        attributes={"spend_84d": float(seen.spend[row])},
        churn=Chance(float(seen.churn[row]), "churn 1"),
        new_items=tuple(
            ItemChance(item, Chance(chance, "cross_sell 1"), price) for (item, price), chance in items
        ),
        basket_items=(ItemChance("SAUCE", Chance(float(seen.sauce[row]), "bundles 1"), SAUCE_PRICE),),
        release={"churn": "1", "cross_sell": "1", "bundles": "1"},
    )


def _effect(offer: Offer, seen: Seen, random: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """A column each of the truth for one offer."""
    if offer.kind == "retention":
        leaving = _around(seen.churn, random)
        saved = _around(np.full_like(leaving, offer.save_rate), random)
        stake = STAKE["margin"] * seen.spend / 84 * STAKE["days"]
        redeemed = np.full_like(leaving, offer.redemption)
        return 1 - leaving, 1 - leaving * (1 - saved), stake * random.uniform(0.7, 1.3, stake.shape), redeemed
    probability, money = _taken(offer, seen)
    rate = _around(probability, random)
    caused = _around(np.full_like(rate, offer.incremental or 0.0), random)
    return rate * (1 - caused), rate, money, rate


def _taken(offer: Offer, seen: Seen) -> tuple[Floats, Floats]:
    """How probably the customers take an offer as far as the models see, and what that brings."""
    customers = np.arange(len(seen.spend))
    if offer.kind == "loyalty":
        return np.full(len(customers), offer.acceptance), np.full(len(customers), offer.value)
    if offer.kind == "bundle":
        return seen.sauce, np.full(len(customers), (offer.margin or 0) * SAUCE_PRICE)
    prices = np.array(
        [
            price if offer.items == "best" or item in (offer.items or ()) else 0.0
            for item, price in PRICES.items()
        ]
    )
    best = np.argmax(seen.likes * prices, axis=1)
    return seen.likes[customers, best], (offer.margin or 0) * prices[best]


def _around(share: Floats, random: np.random.Generator) -> Floats:
    """What a model does not see: another share for each, the same on average, and never out of 0 to 1."""
    return share + 0.5 * np.minimum(share, 1 - share) * random.uniform(-1, 1, share.shape)


def _share(logit: Floats) -> Floats:
    shares: Floats = 1 / (1 + np.exp(-logit))
    return shares


def _rulebook(control: float, exploration: float, max_loss: float) -> Rulebook:
    catalogue = Catalogue(
        version="c1",
        currency="USD",
        offers=tuple(
            Offer.model_validate({"name": offer["id"], "channels": ["web"], **offer}) for offer in OFFERS
        ),
    )
    policy = Policy.model_validate(
        {
            "version": "p1",
            "stake": STAKE,
            "channels": {"web": {"consent": False}},
            "control": {"share": control, "salt": "simulator"},
            "exploration": {"share": exploration, "max_loss": max_loss},
        }
    )
    spend = Attribute("spend_84d", "number", "spent in 84 days")
    return rulebook(catalogue, policy, {spend.name: spend}, "USD")
