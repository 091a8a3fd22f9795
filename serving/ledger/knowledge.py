"""What the ledger knows that matters to decisions: contacts, rejections, consents, what is left of offers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Select, bindparam, literal_column, select

from serving.decision.facts import Contact, History, Question, Rejection
from serving.decision.trace import Decision
from serving.ledger.consents import newest_consents
from serving.ledger.records import Limits
from serving.ledger.tables import Moment, answers, decisions, of_answer, outcomes, spent, used

T = TypeVar("T")

# Statements are made once: making one costs as much as running it.
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_SINCE = bindparam("since", type_=Moment)
_CONTACTS = (
    select(decisions.c.customer_id, answers.c.offer_id, answers.c.kind, decisions.c.channel)
    .add_columns(decisions.c.decided_at)
    .join(answers, answers.c.decision_id == decisions.c.decision_id)
    .where(decisions.c.customer_id.in_(_IDS), decisions.c.decided_at > _SINCE)
    .where(answers.c.offer_id.is_not(None))
    .order_by(decisions.c.decided_at, answers.c.decision_id, answers.c.place)
)
_REJECTIONS = (
    select(outcomes.c.customer_id, answers.c.offer_id, answers.c.kind, outcomes.c.at)
    .join(answers, of_answer)
    .where(outcomes.c.customer_id.in_(_IDS), outcomes.c.at > _SINCE, answers.c.given)
    .where(outcomes.c.kind == literal_column("'reject'"))  # as the partial index says it
    .order_by(outcomes.c.at, outcomes.c.key)
)
_USED = select(used.c.day, used.c.offer_id, used.c.times).where(
    used.c.day.in_(bindparam("days", expanding=True))
)
_SPENT = select(spent.c.offer_id, spent.c.money)


def history_of(connection: Connection, customer_id: str, at: datetime, days: float) -> History:
    """What was said to a customer and by them up to a moment: contacts and rejections of the `days` before it.

    What is used and spent of the offers is left out: it has no past.
    """
    since, ids = at - timedelta(days=days), [customer_id]
    contacts = _by_customer(connection, _CONTACTS, ids, since, Contact)[customer_id]
    rejections = _by_customer(connection, _REJECTIONS, ids, since, Rejection)[customer_id]
    consents = newest_consents(connection, ids)[customer_id]
    return History(
        contacts=tuple(one for one in contacts if one.at <= at),
        rejections=tuple(one for one in rejections if one.at <= at),
        consents={pair: consent for pair, consent in consents.items() if consent.at <= at},
    )


class Knowledge:
    """What the decisions of some questions are made from, kept up to date with those that are made.

    Whatever another worker, whose clock is ahead, has recorded counts as of the moment of the question: it has
    happened. `taken` and `reserved` are what the decisions noted so far take of the offers, by offer and day, and
    by offer. What is used and spent is read where `limits` need it.
    """

    def __init__(
        self,
        connection: Connection,
        questions: Collection[Question],
        limits: Mapping[str, Limits],
        days: float,
    ) -> None:
        ids = sorted({question.customer_id for question in questions})
        since = min(question.at for question in questions) - timedelta(days=days)
        self._contacts = _by_customer(connection, _CONTACTS, ids, since, Contact)
        self._rejections = _by_customer(connection, _REJECTIONS, ids, since, Rejection)
        self._consents = newest_consents(connection, ids)
        self._used = _used(connection, {question.at.date() for question in questions}, limits)
        self._spent = _spent(connection, limits)
        self.taken: Counter[tuple[str, date]] = Counter()
        self.reserved: defaultdict[str, float] = defaultdict(float)

    def history(self, question: Question) -> History:
        """What a decision of this question is made from."""
        at, customer_id = question.at, question.customer_id
        return History(
            contacts=tuple(replace(one, at=min(one.at, at)) for one in self._contacts[customer_id]),
            rejections=tuple(replace(one, at=min(one.at, at)) for one in self._rejections[customer_id]),
            consents=self._consents[customer_id],
            used=dict(self._used[at.date()]),
            spent=dict(self._spent),
        )

    def note(self, decision: Decision) -> None:
        """Count what the decision gives, for the questions after it and for the limits."""
        day = decision.decided_at.date()
        for offer in decision.given or decision.withheld:
            if offer.offer_id is not None and offer.kind is not None:
                contact = Contact(offer.offer_id, offer.kind, decision.channel, decision.decided_at)
                self._contacts[decision.customer_id].append(contact)
        for offer in decision.given:
            if offer.offer_id is not None:
                self._used[day][offer.offer_id] += 1
                self._spent[offer.offer_id] += offer.reserved
                self.taken[offer.offer_id, day] += 1
                self.reserved[offer.offer_id] += offer.reserved


def _by_customer(
    connection: Connection,
    statement: Select[Any],
    ids: Sequence[str],
    since: datetime,
    kind: Callable[..., T],
) -> defaultdict[str, list[T]]:
    """The rows of each customer after a moment, the oldest first."""
    found: defaultdict[str, list[T]] = defaultdict(list)
    for customer_id, *values in connection.execute(statement, {"ids": ids, "since": since}):
        found[customer_id].append(kind(*values))
    return found


def _used(
    connection: Connection, days: Collection[date], limits: Mapping[str, Limits]
) -> defaultdict[date, Counter[str]]:
    found: defaultdict[date, Counter[str]] = defaultdict(Counter)
    if any(limit.per_day is not None for limit in limits.values()):
        for day, offer_id, times in connection.execute(_USED, {"days": list(days)}):
            found[day][offer_id] = times
    return found


def _spent(connection: Connection, limits: Mapping[str, Limits]) -> defaultdict[str, float]:
    if all(limit.budget is None for limit in limits.values()):
        return defaultdict(float)
    return defaultdict(float, {row.offer_id: row.money for row in connection.execute(_SPENT)})
