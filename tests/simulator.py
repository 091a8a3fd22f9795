"""A shop whose truth is known: what each offer would bring with each customer, beyond what happens without it.

Customers differ in what they spend, how near they are to leaving and what they like. A model sees most of it and
is calibrated: of those that it gives a probability, so many do it. What it does not see is the rest of the truth.
Every offer makes something more probable (a purchase, or staying) that also happens without it, and all buy other
things anyway:

    money of an offer = what comes anyway + (rate with it - rate without it) x money - redeemed x discount - cost

and of no offer what comes anyway. The catalogue knows save rates, acceptances and incremental shares as they are
on average, or all too high by one factor. All money is that of one window of `STAKE` days after a decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
STAKE = {"margin": 0.25, "days": 28.0}
OFFERS: Sequence[Mapping[str, Any]] = (
    {"id": "stay-half", "kind": "retention", "save_rate": 0.15, "redemption": 0.6, "discount": 0.5},
    {"id": "stay-2", "kind": "retention", "save_rate": 0.35, "redemption": 0.8, "discount": 2.0},
    {"id": "taste", "kind": "cross_sell", "items": "best", "margin": 0.4, "incremental": 0.5},
    {"id": "drinks", "kind": "cross_sell", "items": ["BEER", "WINE"], "margin": 0.4, "incremental": 0.8}
    | {"discount": 1.5},
    {"id": "pasta", "kind": "bundle", "items": ["PASTA", "SAUCE"], "margin": 0.5, "incremental": 0.6},
    {"id": "points", "kind": "loyalty", "value": 5.0, "acceptance": 0.3, "incremental": 0.4}
    | {"discount": 1.0, "cost": 0.1},
    {"id": "club", "kind": "loyalty", "value": 16.0, "acceptance": 0.1, "incremental": 0.5}
    | {"discount": 2.0, "must": ["spend_84d >= 150"]},
)
BUYS = 0.8
"""The share of customers who buy anyway within the window."""
UNEVEN = 0.5
"""How much what they then buy varies: the standard deviation of its logarithm."""


@dataclass(frozen=True)
class Truth:
    """What each offer does: a row a decision, a column an offer.

    `without` and `rate` are the probabilities of what it is about (buying, staying) without and with it, `money`
    what that brings, `redeemed` the probability that its discount is taken; `charges` has discounts and costs.
    `anyway` (a number a row) is the money that comes on average whatever is offered.
    """

    without: Floats
    rate: Floats
    money: Floats
    redeemed: Floats
    charges: Floats
    anyway: Floats

    def of(self, rows: NDArray[np.intp]) -> "Truth":
        """That of some rows, in their order, once for each time that they are named."""
        by_row = {
            name: getattr(self, name)[rows] for name in ("without", "rate", "money", "redeemed", "anyway")
        }
        return replace(self, **by_row)

    @property
    def expected(self) -> Floats:
        """Money of each offer; the last column is no offer."""
        return self._brought(self.rate - self.without, self.redeemed, self.anyway)

    def drawn(self, random: np.random.Generator) -> Floats:
        """What it comes to once, in the shape of `expected`; who buys without an offer buys with it too."""
        luck = random.random(self.rate.shape)
        more = (luck < self.rate).astype(float) - (luck < self.without)
        redeemed = random.random(self.rate.shape) < self.redeemed
        rows = len(self.anyway)
        bought = (random.random(rows) < BUYS) / BUYS * random.lognormal(-(UNEVEN**2) / 2, UNEVEN, rows)
        return self._brought(more, redeemed.astype(float), self.anyway * bought)

    def _brought(self, more: Floats, redeemed: Floats, anyway: Floats) -> Floats:
        discount, cost = self.charges
        profit = more * self.money - redeemed * discount - cost
        return np.column_stack([profit, np.zeros(len(profit))]) + anyway[:, None]


@dataclass(frozen=True)
class World:
    """Occasions in the order of `truth`'s rows: what is asked, and what is known of the customer."""

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


@dataclass(frozen=True)
class Shares:
    """What a policy draws by lot: control group, exploration, and how far below the best that goes."""

    control: float = 0.0
    exploration: float = 0.02
    max_loss: float = 1.0


@dataclass(frozen=True)
class Ways:
    """How a world is.

    What comes `anyway` is so many times what customers usually bring in the window; the catalogue's save rates and
    incremental shares are `overstated` so many times.
    """

    anyway: float = 1.0
    overstated: float = 1.0


def world(
    seed: int, customers: int = 300, shares: Shares = Shares(), ways: Ways = Ways(), visits: int = 1
) -> World:
    """So many customers of one seed, each asked for 1 to `visits` times. The same arguments, the same world."""
    random = np.random.default_rng(seed)
    seen = _seen(customers, random)
    rules = _rulebook(shares)
    truth = _truth([bound.offer for bound in rules.offers], seen, ways, random)
    baskets = [frozenset({"PASTA"} if cooks else ()) for cooks in random.random(customers) < 0.4]
    whose = np.repeat(np.arange(customers), random.integers(1, visits, customers, endpoint=True))
    facts = [_facts(f"{seed}-{row}", seen, row) for row in range(customers)]
    return World(
        rulebook=rules,
        questions=tuple(
            Question(f"{seed}-{place}", facts[row].customer_id, "web", "home", AT, basket=baskets[row])
            for place, row in enumerate(whose)
        ),
        facts=tuple(facts[row] for row in whose),
        truth=truth.of(whose),
    )


def _seen(customers: int, random: np.random.Generator) -> Seen:
    fickle, spending, cooking = random.normal(size=(3, customers))
    return Seen(
        spend=np.exp(4.6 + 0.8 * spending),
        churn=_share(-1.6 + fickle - 0.4 * spending),
        likes=_share(np.array([-2.0, -2.0, -1.0, -2.7]) + random.normal(size=(customers, len(PRICES)))),
        sauce=_share(-1.5 + cooking),
    )


def _truth(offers: Sequence[Offer], seen: Seen, ways: Ways, random: np.random.Generator) -> Truth:
    effects = [_effect(offer, seen, random) for offer in offers]
    without, rate, money, redeemed = (np.column_stack(columns) for columns in zip(*effects, strict=True))
    charges = np.array([[offer.discount, offer.cost or 0.0] for offer in offers]).T
    anyway = ways.anyway * _usual(seen) * random.uniform(0.7, 1.3, len(seen.spend))
    return Truth(rate - (rate - without) / ways.overstated, rate, money, redeemed, charges, anyway)


def _usual(seen: Seen) -> Floats:
    """What the customers usually bring in the window."""
    return STAKE["margin"] * seen.spend / 84 * STAKE["days"]


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
        stake = _usual(seen)
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


def _rulebook(shares: Shares) -> Rulebook:
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
            "control": {"share": shares.control, "salt": "simulator"},
            "exploration": {"share": shares.exploration, "max_loss": shares.max_loss},
        }
    )
    spend = Attribute("spend_84d", "number", "spent in 84 days")
    return rulebook(catalogue, policy, {spend.name: spend}, "USD")
