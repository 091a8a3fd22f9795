"""A decision with all that led to it: where each candidate ended, by which rule, and every factor in money."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, BeforeValidator, TypeAdapter

from serving.decision.facts import Kind

Stage = Literal[
    "candidates",
    "consent",
    "eligibility",
    "applicability",
    "suitability",
    "contact_policy",
    "score",
    "arbitrate",
    "control_group",
    "answer",
]
"""Where a candidate can end, in this order; every candidate ends in exactly one of them."""

STAGES: tuple[Stage, ...] = get_args(Stage)

Reason = Literal["offer", "none_left", "not_worth_it", "control_group", "explored"]
"""Why the answer is what it is: an offer won; no candidate was left; none was worth more than nothing; the
customer is in the control group; exploration chose to offer nothing."""

Group = Literal["treated", "control"]

Unit = Literal["share", "money", "ratio"]

Formula = tuple[tuple[str, Unit], ...]
"""Name and unit of each number of a price, in their order."""

_TAKEN: Formula = (
    ("probability", "share"),
    ("context", "ratio"),
    ("accept", "share"),
    ("incremental", "share"),
    ("value", "money"),
    ("lever", "ratio"),
    ("discount", "money"),
    ("cost", "money"),
)
FORMULAS: dict[Kind, Formula] = {
    "retention": (
        ("churn", "share"),
        ("stake", "money"),
        ("save_rate", "share"),
        ("lever", "ratio"),
        ("redemption", "share"),
        ("discount", "money"),
        ("cost", "money"),
    ),
    "cross_sell": _TAKEN,
    "bundle": _TAKEN,
    "loyalty": _TAKEN,
}
"""What the numbers of a price are, by the kind of its offer."""


class Factor(NamedTuple):
    """One number of a price: `source` says who vouches for it (`churn 3`, `catalogue`, `policy`, `assumption`)."""

    name: str
    value: float
    unit: Unit
    source: str


class Priced(NamedTuple):
    """A candidate that reached arbitration, in money: `offer_id` None is *no offer*, which brings nothing.

    `priority` follows from its `values`, which its kind's formula names, and `sources` say who vouches for each;
    `reserved` is the money that giving it takes from the offer's budget: the contact and the discount on
    everybody who would redeem. `selection_probability` is that of this candidate being the first answer to this
    customer, over the draws of control group and exploration.
    """

    offer_id: str | None
    kind: Kind | None
    item: str | None
    priority: float
    reserved: float
    values: tuple[float, ...]
    sources: tuple[str, ...]
    selection_probability: float = 0.0

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Every number of the price, in the order of its formula."""
        formula = () if self.kind is None else FORMULAS[self.kind]
        named = zip(formula, self.values, self.sources, strict=True)
        return tuple(Factor(name, value, unit, source) for (name, unit), value, source in named)


def _with_values(entry: object) -> object:
    """Older traces have every factor of a candidate with its name."""
    match entry:
        case {"factors": [*factors], **others}:
            values, sources = ([one.get(key) for one in factors] for key in ("value", "source"))
            return {**others, "values": values, "sources": sources}
    return entry


def _whole(priced: Priced) -> Priced:
    """Each number has a name and a source."""
    expected = 0 if priced.kind is None else len(FORMULAS[priced.kind])
    if not len(priced.values) == len(priced.sources) == expected:
        raise ValueError(f"a price of kind {priced.kind} has {expected} numbers, each with a source")
    return priced


_Priced = Annotated[Priced, BeforeValidator(_with_values), AfterValidator(_whole)]


class Ended(NamedTuple):
    """Where some candidates ended: the stage, the rule that ended them there and the value that the rule met.

    For who reached `answer` the rule says in which place, counted from 1.
    """

    offer_ids: tuple[str | None, ...]
    stage: Stage
    rule: str
    value: str = ""


def _gathered(entry: object) -> object:
    """Older traces have one entry for each candidate."""
    if isinstance(entry, dict) and "offer_id" in entry:
        return {"offer_ids": [entry["offer_id"]], **{key: entry[key] for key in entry if key != "offer_id"}}
    return entry


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer to one question.

    `given` are the offers of the answer, the best first, empty for no offer; `withheld` what a customer of the
    control group would have been given. `priced` are all who reached arbitration, the best first, *no offer*
    among them; the entries of `ended` name every candidate exactly once. `margin` is the policy's: the share
    that is earned of whatever the customer pays afterwards, offer or not. `rulebook` is the version and hash of
    policy and catalogue, `release` has the versions by name: of each model that answered, and under `release`
    its own. Money is in `currency`, moments are UTC. `formulas` say what the numbers of prices are, to whoever
    reads a trace by itself.
    """

    decision_id: str
    customer_id: str
    channel: str
    placement: str
    decided_at: datetime
    as_of: datetime
    known: bool
    group: Group
    explored: bool
    reason: Reason
    given: tuple[_Priced, ...]
    withheld: tuple[_Priced, ...]
    selection_probability: float
    priced: tuple[_Priced, ...]
    ended: tuple[Annotated[Ended, BeforeValidator(_gathered)], ...]
    currency: str
    margin: float
    rulebook: str
    release: dict[str, str] = field(default_factory=dict)
    formulas: dict[Kind, Formula] = field(default_factory=lambda: FORMULAS)


_DECISION = TypeAdapter(Decision)


def to_json(decision: Decision) -> str:
    """The decision as JSON text; `from_json` gives an equal one back."""
    return _DECISION.dump_json(decision).decode()


def from_json(text: str) -> Decision:
    """What `to_json` was given. Raises ValueError for other texts."""
    decision = _DECISION.validate_json(text)
    if decision.formulas != FORMULAS:
        raise ValueError("the prices of this decision have other numbers than those of today")
    return decision
