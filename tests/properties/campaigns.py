"""Random rulebooks, and weeks of random questions to them with a diary of what was said, asked and turned down."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from serving.decision.attributes import Attribute
from serving.decision.catalogue import Catalogue, Offer
from serving.decision.decide import decide
from serving.decision.facts import (
    Chance,
    Consent,
    Contact,
    Facts,
    History,
    ItemChance,
    Question,
    Rejection,
    Value,
)
from serving.decision.policy import Policy
from serving.decision.rulebook import Rulebook, rulebook
from serving.decision.trace import Decision, Priced

START = datetime(2026, 3, 20, tzinfo=UTC)
"""Nine days before Berlin's clocks go forward."""

CHANNELS = ("web", "email", "till")
ITEMS = ("BEER", "CHEESE", "PASTA", "SAUCE", "WINE")
PAGES = ("home", "recipes", None)
TIERS = ("must", "relevant", "good")
CAPPED = {"offer": "o0", "kind": "loyalty", "channel": "web", "customer": None}
"""What caps can count, with a name of each that a cap may single out."""

CUSTOMERS = 40
NUMBERS = ("spend_84d", "churn_probability", "item_probability")
ATTRIBUTES = {
    attribute.name: attribute
    for attribute in (
        *(Attribute(name, "number", name) for name in NUMBERS),
        *(Attribute(name, "text", name) for name in ("life_cycle", "page", "item")),
        *(Attribute(name, "set", name) for name in ("bought", "basket")),
        *(Attribute(name, "flag", name) for name in ("known", "consent_email")),
    )
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A decision with all that it was made from; `agreed` are the channels that may be used for marketing."""

    question: Question
    facts: Facts
    history: History
    decision: Decision
    agreed: frozenset[str]

    def number(self, name: str) -> float:
        """A stored attribute, NaN when it is unknown: then no comparison is true."""
        found = self.facts.attributes.get(name)
        return found if isinstance(found, float) else float("nan")

    def probability(self, of: Priced) -> float:
        """Of the offer's item, NaN when nothing says so."""
        chances = self.facts.basket_items if of.kind == "bundle" else self.facts.new_items
        return next((one.chance.probability for one in chances if one.item == of.item), float("nan"))


def _bought(moment: Moment) -> Value:
    return moment.facts.attributes.get("bought")


RULES: Mapping[str, Callable[[Moment, Priced], bool]] = {
    "known is yes": lambda moment, _: moment.facts.known,
    "spend_84d >= 100": lambda moment, _: moment.number("spend_84d") >= 100,
    "spend_84d < 400 or life_cycle is unknown": lambda moment, _: (
        moment.number("spend_84d") < 400 or "life_cycle" not in moment.facts.attributes
    ),
    "churn_probability < 0.4": lambda moment, _: (
        moment.facts.churn is not None and moment.facts.churn.probability < 0.4
    ),
    "life_cycle in [new, steady]": lambda moment, _: (
        moment.facts.attributes.get("life_cycle") in {"new", "steady"}
    ),
    "bought has not WINE": lambda moment, _: (
        isinstance(bought := _bought(moment), frozenset) and "WINE" not in bought
    ),
    "basket has PASTA or page = recipes": lambda moment, _: (
        "PASTA" in moment.question.basket or moment.question.page == "recipes"
    ),
    "consent_email is yes": lambda moment, _: "email" in moment.agreed,
    "item_probability >= 0.15": lambda moment, of: moment.probability(of) >= 0.15,
    "item != BEER": lambda _, of: of.item not in {None, "BEER"},
}
"""Rules as marketers write them, each with what it says in Python of a moment and an offer."""


Content = dict[str, Any]
"""An offer or a policy as it stands in a file."""


def any_offers(random: Random) -> list[Content]:
    """Two to eight offers."""
    return [offer(random, number) for number in range(random.choice([2, 5, 8]))]


def offer(random: Random, number: int) -> Content:
    """Any offer that the catalogue takes, as it is written there."""
    kind = random.choice(["retention", "cross_sell", "bundle", "loyalty"])
    said: Content = {
        "id": f"o{number}",
        "name": f"Offer {number}",
        "kind": kind,
        "channels": random.choice([CHANNELS, CHANNELS, CHANNELS[:2], CHANNELS[1:]]),
        "discount": random.choice([0.0, 0.5, 3.0]),
        "lever": random.choice([0.0, 0.0, 30.0, -20.0]),
        "per_day": random.choice([None, None, 2, 9]),
        "budget": random.choice([None, None, 20.0, 90.0]),
        "cost": random.choice([None, None, 0.0, 0.2]),
        **{tier: random.sample(sorted(RULES), random.choice([0] * 7 + [1, 2])) for tier in TIERS},
    }
    if random.random() < 0.1:
        said["valid_from"] = START.date() + timedelta(days=random.randrange(5))
        said["valid_to"] = said["valid_from"] + timedelta(days=random.randrange(20))
    said |= _of_kind(kind, random)
    return {name: value for name, value in said.items() if value is not None}


def _of_kind(kind: str, random: Random) -> Content:
    money, share = random.uniform(1, 40), random.random()
    if kind == "retention":
        return {"save_rate": share, "redemption": random.random(), "value": random.choice([None, money])}
    if kind == "loyalty":
        return {"value": money, "acceptance": share, "incremental": random.random()}
    items = random.sample(ITEMS, random.choice([2, 3]))
    return {
        "items": "best" if kind == "cross_sell" and random.random() < 0.5 else items,
        "acceptance": random.choice([None, None, share]),
        "incremental": random.choice([1.0, share]),
        **random.choice([{"value": money}, {"margin": share / 2}]),
    }


def any_policy(random: Random) -> Content:
    """Any policy over the three channels, e-mail needing consent; caps and rests bind within days."""
    quiet = [f"{hour:02d}:30" for hour in random.sample(range(24), 2)]
    caps = [
        {"per": per, "contacts": random.choice([1, 2, 3]), "days": random.choice([0.25, 1.0, 3.0])}
        | random.choice([{}, {} if name is None else {"name": name}])
        for per, name in random.sample(sorted(CAPPED.items()), random.choice([0, 1, 3]))
    ]
    return {
        "version": "p",
        "stake": {"margin": 0.3, "days": 168.0},
        "clock": {"timezone": "Europe/Berlin"},
        "channels": {
            "web": {"consent": False},
            "email": {"cost": 0.02, "context": 0.5, "quiet_from": quiet[0], "quiet_to": quiet[1]},
            "till": {"consent": False, "context": 2.0},
        },
        "cap": caps,
        "cool_off": {name: random.choice([0.0, 0.5, 3.0]) for name in ("offer_days", "kind_days")},
        "control": {"share": random.choice([0.0, 0.2]), "salt": "s"},
        "exploration": {"share": random.choice([0.0, 0.2]), "max_loss": 2.0},
    }


def bound(offers: Sequence[Content], policy: Content) -> Rulebook:
    """Offers and a policy, checked and joined."""
    catalogue = Catalogue(version="c", currency="USD", offers=tuple(map(Offer.model_validate, offers)))
    return rulebook(catalogue, Policy.model_validate(policy), ATTRIBUTES, "USD")


@dataclass
class Diary:
    """A ledger in lists: all that was given, turned down and agreed to, in the order of time."""

    contacts: dict[str, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    rejections: dict[str, list[Rejection]] = field(default_factory=lambda: defaultdict(list))
    consents: dict[str, list[Consent]] = field(default_factory=lambda: defaultdict(list))
    used: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def history(self, question: Question, days: float) -> History:
        """What a decision is told: of its customer the last days, of every offer what it used and spent."""
        who, since = question.customer_id, question.at - timedelta(days=days)
        said = self.consents[who][-1:]
        return History(
            contacts=tuple(one for one in self.contacts[who] if one.at > since),
            rejections=tuple(one for one in self.rejections[who] if one.at > since),
            consents={("email", "marketing"): said[0]} if said else {},
            used=self.used[question.at.date()],
            spent=self.spent,
        )

    def keep(self, decision: Decision) -> None:
        """Count what was given; what was withheld is a contact as well, but takes nothing of any limit."""
        at = decision.decided_at
        for one in decision.given or decision.withheld:
            assert one.offer_id is not None
            assert one.kind is not None
            contact = Contact(one.offer_id, one.kind, decision.channel, at)
            self.contacts[decision.customer_id].append(contact)
        for one in decision.given:
            self.used[at.date()][one.offer_id or ""] += 1
            self.spent[one.offer_id or ""] += one.reserved

    def turn_down(self, decision: Decision, at: datetime) -> None:
        """The customer rejects what the decision gave."""
        for one in decision.given:
            assert one.offer_id is not None
            assert one.kind is not None
            self.rejections[decision.customer_id].append(Rejection(one.offer_id, one.kind, at))


def campaign(rules: Rulebook, random: Random, decisions: int, diary: Diary) -> Iterator[Moment]:
    """So many decisions about forty customers over some weeks; the diary is kept after each was looked at."""
    people = [customer(random, str(number)) for number in range(CUSTOMERS)]
    at = START
    for _ in range(decisions):
        at += timedelta(minutes=random.randrange(40))
        facts = random.choice(people)
        said = diary.consents[facts.customer_id]
        if random.random() < 0.1:
            said.append(Consent(granted=random.random() < 0.8, at=at))
        question = _question(random, f"d{random.random()}", facts.customer_id, at)
        history = diary.history(question, rules.window_days)
        decision = decide(question, facts, history, rules)
        before = facts.consents.get(("email", "marketing"))
        agreed = said[-1].granted if said else before is not None and before.granted
        yield Moment(question, facts, history, decision, frozenset({"email"} if agreed else ()))
        diary.keep(decision)
        if random.random() < 0.2:
            diary.turn_down(decision, at)


def customer(random: Random, name: str) -> Facts:
    """Somebody, or nobody: some are unknown, and something is unknown of most."""
    known = random.random() < 0.8
    attributes: dict[str, Value] = {
        "spend_84d": random.choice([0.0, 90.0, 240.0, 800.0]),
        "life_cycle": random.choice(["new", "steady", "lost"]),
        "bought": frozenset(random.sample(ITEMS, 2)),
    }
    kept = {key: value for key, value in attributes.items() if known and random.random() < 0.8}
    before = Consent(granted=random.random() < 0.5, at=START - timedelta(days=1))
    return Facts(
        name,
        known=known,
        as_of=START,
        attributes=kept,
        churn=Chance(random.random(), "churn 1") if known and random.random() < 0.8 else None,
        new_items=_chances(random),
        basket_items=_chances(random),
        consents={("email", "marketing"): before} if random.random() < 0.5 else {},
    )


def _chances(random: Random) -> tuple[ItemChance, ...]:
    items = random.sample(ITEMS, random.choice([0, 5, 5]))
    prices = random.choices([None, 2.0, 5.0, 12.0], k=len(items))
    return tuple(
        ItemChance(name, Chance(random.random() / 2, "model 1"), price)
        for name, price in zip(items, prices, strict=True)
    )


def _question(random: Random, decision_id: str, customer_id: str, at: datetime) -> Question:
    return Question(
        decision_id,
        customer_id,
        channel=random.choice([*CHANNELS, "web"]),
        placement="anywhere",
        at=at,
        limit=random.choice([1, 1, 3]),
        basket=frozenset(random.sample(ITEMS, random.randrange(4))),
        page=random.choice(PAGES),
    )
