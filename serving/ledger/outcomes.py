"""What became of decisions: recorded once by the caller's key, however late and in whatever order."""

from sqlalchemy import Connection, select

from serving.ledger.database import upsert
from serving.ledger.faults import KeyTaken, NotGiven, UnknownDecision
from serving.ledger.recording import unpacked
from serving.ledger.records import Outcome, Recorded
from serving.ledger.tables import answers, decisions, of_answer, outcomes

ONCE = frozenset({"impression", "accept", "reject"})
"""Kinds that count once per decision and offer, whatever their keys; redemptions and purchases count each."""
WITHOUT_OFFER = frozenset({"impression", "purchase"})
"""Kinds that a decision may have that gave nothing."""


def customer_of(connection: Connection, decision_id: str) -> str:
    """Whose decision it is. Raises `UnknownDecision`."""
    query = select(decisions.c.customer_id).where(decisions.c.decision_id == decision_id)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise UnknownDecision
    return str(found)


def record(connection: Connection, outcome: Outcome) -> bool:
    """Write an outcome of a decision whose customer is locked; False when it was there already.

    Raises `OutcomeError` as `Ledger.record_outcome` says.
    """
    customer_id, place = customer_of(connection, outcome.decision_id), _place(connection, outcome)
    statement = upsert(connection, outcomes).values(
        key=outcome.key,
        decision_id=outcome.decision_id,
        place=place,
        customer_id=customer_id,
        kind=outcome.kind,
        value=outcome.value,
        at=outcome.at,
        counts=outcome.kind not in ONCE or not _counted(connection, outcome, place),
    )
    new = statement.on_conflict_do_nothing(index_elements=[outcomes.c.key]).returning(outcomes.c.key)
    if connection.execute(new).first() is not None:
        return True
    _same_as_before(connection, outcome, place)
    return False


def recorded_with_outcomes(connection: Connection, decision_id: str) -> Recorded | None:
    """The decision and what became of it so far, or None."""
    row = connection.execute(
        select(decisions.c.trace, decisions.c.asked_by).where(decisions.c.decision_id == decision_id)
    ).one_or_none()
    if row is None:
        return None
    query = (
        select(outcomes.c.key, outcomes.c.kind, answers.c.offer_id, answers.c.given, outcomes.c.value)
        .add_columns(outcomes.c.at, outcomes.c.counts)
        .join(answers, of_answer)
        .where(outcomes.c.decision_id == decision_id)
        .order_by(outcomes.c.at, outcomes.c.key)
    )
    rows = connection.execute(query).all()
    return Recorded(
        unpacked(decision_id, row.trace),
        tuple(
            Outcome(one.key, decision_id, one.kind, one.offer_id if one.given else None, one.value, one.at)
            for one in rows
        ),
        sum(one.counts and one.kind == "impression" for one in rows),
        row.asked_by,
    )


def _place(connection: Connection, outcome: Outcome) -> int:
    """Which answer of the decision the outcome speaks of."""
    query = select(answers.c.place, answers.c.offer_id).where(
        answers.c.decision_id == outcome.decision_id, answers.c.given
    )
    given = {row.offer_id: row.place for row in connection.execute(query)}
    if outcome.offer_id is None and (given or outcome.kind in WITHOUT_OFFER):
        return 1
    if outcome.offer_id not in given:
        raise NotGiven
    return int(given[outcome.offer_id])


def _counted(connection: Connection, outcome: Outcome, place: int) -> bool:
    """Whether this has happened to the answer already, under whatever key."""
    query = select(outcomes.c.key).where(
        outcomes.c.decision_id == outcome.decision_id,
        outcomes.c.place == place,
        outcomes.c.kind == outcome.kind,
        outcomes.c.counts,
    )
    return connection.execute(query).first() is not None


def _same_as_before(connection: Connection, outcome: Outcome, place: int) -> None:
    """Without its moment: who leaves that away is stamped on arrival, and later on a repetition."""
    query = select(outcomes.c.decision_id, outcomes.c.place, outcomes.c.kind, outcomes.c.value).where(
        outcomes.c.key == outcome.key
    )
    before = connection.execute(query).one()
    if tuple(before) != (outcome.decision_id, place, outcome.kind, outcome.value):
        raise KeyTaken
