"""What goes into the ledger and what comes out, as plain data; moments are UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from serving.decision.facts import History, Question
from serving.decision.trace import Decision, Group

OutcomeKind = Literal["impression", "accept", "reject", "redeem", "purchase"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How often an offer is given a day (UTC), and how much money it reserves, at most; None sets no limit."""

    per_day: int | None = None
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """A question and who answers it: a pure function of what the ledger knows, called again after a lost race.

    `asked_by` is who asked: the id of a key, or `batch`; empty when nobody is named.
    """

    question: Question
    decide: Callable[[History], Decision]
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a decision; `key` is the caller's and makes posting it again harmless.

    `offer_id` None speaks of the first answer, which for no offer and for the control group is the only way.
    `value` is the money paid, of a purchase or a redemption.
    """

    key: str
    decision_id: str
    kind: OutcomeKind
    offer_id: str | None
    value: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it was recorded, its outcomes so far by moment and key, offers that were seen, and who asked.

    `asked_by` is empty where nobody was named.
    """

    decision: Decision
    outcomes: tuple[Outcome, ...]
    impressions: int
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over answers: `value` is money earned, `cost` money spent, as docs/ledger.md defines them."""

    decisions: int
    contacts: int
    impressions: int
    accepts: int
    rejects: int
    redeems: int
    purchases: int
    value: float
    cost: float


@dataclass(frozen=True, slots=True)
class CustomerTotal:
    """What one offer came to with one customer, in answers that began with `first_id`; None is no offer.

    Of the control group it is an offer that was withheld. What the customer did without any is said of the first.
    """

    offer_id: str | None
    first_id: str | None
    channel: str
    group: Group
    customer_id: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class KeptTotal:
    """What one offer came to with customers who have been erased; `offer_id` None is no offer."""

    offer_id: str | None
    channel: str
    group: Group
    counts: Counts


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything that a report adds up: of customers, and of those who are no longer here."""

    customers: tuple[CustomerTotal, ...]
    kept: tuple[KeptTotal, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a customer removed, rows by table, and the counts that stay without a name.

    `overwritten` is False while a reader keeps the removed rows legible in SQLite's journal: the next erasure, or
    the next start, tries again.
    """

    removed: Mapping[str, int]
    kept: tuple[KeptTotal, ...]
    overwritten: bool


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision with the money that it has brought so far, earned less spent."""

    decision: Decision
    reward: float

    @property
    def decision_id(self) -> str:
        """Of the decision."""
        return self.decision.decision_id
