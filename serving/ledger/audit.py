"""Whether the ledger still says what was decided: seals that hold, and counters that agree with the rows."""

import hmac
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    cast,
    func,
    select,
    true,
)

from serving.decision.trace import Decision
from serving.ledger.faults import Unreadable
from serving.ledger.recording import Seal, unpacked
from serving.ledger.tables import Moment, answers, decisions, kept_counts, moment, used

State = Literal["whole", "unsealed", "changed"]

_STORED = {
    Text: "text",
    Boolean: "integer",
    Integer: "integer",
    Moment: "integer",
    Double: "real",
    LargeBinary: "blob",
}
"""What SQLite calls the values of each type."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row of the ledger under its seal: `unsealed` was recorded before there were seals, and may be anything.

    `at` is None where something else was put in its place.
    """

    decision_id: str
    customer_id: str
    at: datetime | None
    asked_by: str
    state: State
    trace: bytes

    def decision(self) -> Decision | None:
        """What was decided, or None where the trace was changed into something else."""
        try:
            return unpacked(self.decision_id, self.trace)
        except Unreadable:
            return None


def sealed_after(
    connection: Connection,
    last: object,
    limit: int,
    seal: Seal,
    *chosen: ColumnElement[bool],
    may_hold_unsealed: bool,
) -> tuple[list[Sealed], object]:
    """The next decisions by id that meet every condition, each seal checked, and the last id as it is stored.

    The first page comes after None. A row without a seal and without an asker is from before there were any, where
    such may be. A value that is not of its column's type was changed, whatever it would be read as.
    """
    stored_id = decisions.c.decision_id
    after = [] if last is None else [stored_id > last]
    columns = [*_as_declared(connection, decisions), stored_id.label("stored_id")]
    query = select(*columns).where(*after, *chosen)
    page = connection.execute(query.order_by(stored_id).limit(limit)).all()
    shown = _answers(connection, page)

    def state(row: Row[Any], at: datetime | None) -> State:
        if not all((row.typed, *(one["typed"] for one in shown[row.decision_id]))):
            return "changed"
        if row.seal is None:
            return "unsealed" if may_hold_unsealed and not row.asked_by else "changed"
        right = at and seal(row._asdict() | {"decided_at": at}, shown[row.decision_id])
        return "whole" if right and hmac.compare_digest(right, row.seal) else "changed"

    def sealed(row: Row[Any]) -> Sealed:
        at = _moment(row.decided_at)
        return Sealed(row.decision_id, row.customer_id, at, row.asked_by, state(row, at), row.trace)

    return [sealed(row) for row in page], page[-1].stored_id if page else last


def orphans(connection: Connection) -> list[str]:
    """The ids of decisions that are not there, though answers of theirs are."""
    mine = cast(answers.c.decision_id, Text)
    query = (
        select(mine).distinct().outerjoin_from(answers, decisions).where(decisions.c.decision_id.is_(None))
    )
    return list(connection.execute(query.order_by(mine)).scalars())


def untold(connection: Connection) -> dict[str, int]:
    """By offer, how many more times it was counted as given than decisions tell of; fewer is below zero.

    Pieces are counted when they are given. Those of who was erased are in the sums that stay.
    """
    counted = select(used.c.offer_id, _sum(used.c.times)).group_by(used.c.offer_id)
    told = (
        select(answers.c.offer_id, func.count())
        .join(decisions)
        .where(answers.c.given)
        .group_by(answers.c.offer_id)
    )
    kept = select(kept_counts.c.offer_id, _sum(kept_counts.c.contacts)).group_by(kept_counts.c.offer_id)
    missing: defaultdict[str, int] = defaultdict(int)
    for query, sign in ((counted, 1), (told, -1), (kept, -1)):
        for offer_id, times in connection.execute(query):
            # SQLite may hold bytes for an id, which have no order among texts.
            missing[str(offer_id or "")] += sign * int(times)
    missing.pop("", None)
    return {offer_id: times for offer_id, times in sorted(missing.items()) if times}


def _sum(column: Column[Any]) -> ColumnElement[Any]:
    """Of whole numbers, whatever SQLite holds."""
    return func.sum(cast(column, BigInteger))


def _answers(connection: Connection, page: Sequence[Row[Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    """The rows of `answers` of each decision, in their order."""
    query = (
        select(*_as_declared(connection, answers))
        .where(answers.c.decision_id.in_([row.decision_id for row in page]))
        .order_by(answers.c.decision_id, answers.c.place)
    )
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.decision_id].append(row._asdict())
    return found


def _as_declared(connection: Connection, table: Table) -> list[ColumnElement[Any]]:
    """The columns, each as the type that it is said to be, and `typed`: whether every value is stored as one.

    SQLite takes whatever somebody puts there by hand.
    """
    types = ((column, BigInteger() if isinstance(column.type, Moment) else column.type) for column in table.c)
    columns = [cast(column, kind).label(column.name) for column, kind in types]
    by_hand = connection.dialect.name == "sqlite"
    typed = and_(*(_typed(column) for column in table.c)) if by_hand else true()
    return [*columns, typed.label("typed")]


def _typed(column: Column[Any]) -> ColumnElement[bool]:
    right = func.typeof(column) == _STORED[type(column.type)]
    if isinstance(column.type, Boolean):
        right &= cast(column, Integer).in_((0, 1))
    return right | column.is_(None) if column.nullable else right


def _moment(since: int) -> datetime | None:
    try:
        return moment(since)
    except OverflowError:
        return None
