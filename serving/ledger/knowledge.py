"""What the ledger knows that matters to decisions: contacts, rejections, consents, what is left of offers."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, Connection, bindparam, literal_column, select

from serving.decision.facts import Contact, History, Question, Rejection
from serving.decision.trace import Decision
from serving.ledger.consents import newest_consents
from serving.ledger.tables import Moment, answers, decisions, of_answer, outcomes, spent, used

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
    """What was known of a customer at a moment: the contacts and rejections of the `days` before it, and consents.

    `used` is of that day (UTC) and `spent` of now, both of all customers.
    """
    since, ids = at - timedelta(days=days), [customer_id]
    consents = newest_consents(connection, ids)[customer_id]
    return History(
        contacts=tuple(one for one in contacts_since(connection, ids, since)[customer_id] if one.at <= at),
        rejections=tuple(
            one for one in rejections_since(connection, ids, since)[customer_id] if one.at <= at
        ),
        consents={pair: consent for pair, consent in consents.items() if consent.at <= at},
        used=_used(connection, {at.date()})[at.date()],
        spent=_spent(connection),
    )


class Knowledge:
    """The same for the customers of some questions at once, kept up to date with the decisions made from it.

    Whatever another worker, whose clock is ahead, has recorded counts as of the moment of the question: it has
    happened. `taken` and `reserved` are what the decisions noted so far take of the offers, by offer and day, and
    by offer.
    """

    def __init__(self, connection: Connection, questions: Collection[Question], days: float) -> None:
        ids = sorted({question.customer_id for question in questions})
        since = min(question.at for question in questions) - timedelta(days=days)
        self._contacts = contacts_since(connection, ids, since)
        self._rejections = rejections_since(connection, ids, since)
        self._consents = newest_consents(connection, ids)
        self._used = _used(connection, {question.at.date() for question in questions})
        self._spent = _spent(connection)
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
        for offer in decision.given or decision.withheld[:1]:
            if offer.offer_id is not None and offer.kind is not None:
                contact = Contact(offer.offer_id, offer.kind, decision.channel, decision.decided_at)
                self._contacts[decision.customer_id].append(contact)
        for offer in decision.given:
            if offer.offer_id is not None:
                self._used[day][offer.offer_id] += 1
                self._spent[offer.offer_id] += offer.reserved
                self.taken[offer.offer_id, day] += 1
                self.reserved[offer.offer_id] += offer.reserved


def contacts_since(
    connection: Connection, customer_ids: Iterable[str], since: datetime
) -> defaultdict[str, list[Contact]]:
    """What each customer was given after a moment, or what was withheld from them, the oldest first."""
    found: defaultdict[str, list[Contact]] = defaultdict(list)
    rows = connection.execute(_CONTACTS, {"ids": list(customer_ids), "since": since})
    for customer_id, *contact in rows:
        found[customer_id].append(Contact(*contact))
    return found


def rejections_since(
    connection: Connection, customer_ids: Iterable[str], since: datetime
) -> defaultdict[str, list[Rejection]]:
    """What each customer turned down after a moment, the oldest first."""
    found: defaultdict[str, list[Rejection]] = defaultdict(list)
    rows = connection.execute(_REJECTIONS, {"ids": list(customer_ids), "since": since})
    for customer_id, *rejection in rows:
        found[customer_id].append(Rejection(*rejection))
    return found


def _used(connection: Connection, days: Collection[date]) -> defaultdict[date, Counter[str]]:
    found: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for day, offer_id, times in connection.execute(_USED, {"days": list(days)}):
        found[day][offer_id] = times
    return found


def _spent(connection: Connection) -> defaultdict[str, float]:
    return defaultdict(float, {row.offer_id: row.money for row in connection.execute(_SPENT)})
