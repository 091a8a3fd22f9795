"""What decisions came to, in counts and in money: one definition for the report, the export and the erasure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Subquery, case, func, select

from serving.decision.trace import Group
from serving.ledger.database import upsert
from serving.ledger.faults import Unreadable
from serving.ledger.recording import unpacked
from serving.ledger.records import Counts, CustomerTotal, KeptTotal, LoggedDecision
from serving.ledger.tables import answers, decisions, kept_counts, of_answer, outcomes

_KINDS = {
    "impressions": "impression",
    "accepts": "accept",
    "rejects": "reject",
    "redeems": "redeem",
    "purchases": "purchase",
}
_FIRST = answers.alias("first")
_FIELDS = "decisions", "contacts", *_KINDS, "value", "cost"


def customer_totals(connection: Connection, *chosen: ColumnElement[bool]) -> tuple[CustomerTotal, ...]:
    """Sums by offer, first offer, channel, group and customer, of the decisions that meet every condition."""
    keys = "offer_id", "first_id", "channel", "control", "customer_id"
    return tuple(
        CustomerTotal(row.offer_id, row.first_id, row.channel, _group(row), row.customer_id, _counts(row))
        for row in _summed(connection, keys, *chosen)
    )


def offer_totals(connection: Connection, *chosen: ColumnElement[bool]) -> tuple[KeptTotal, ...]:
    """The same by offer, channel and group, without a name."""
    return tuple(
        KeptTotal(row.offer_id, row.channel, _group(row), _counts(row))
        for row in _summed(connection, ("offer_id", "channel", "control"), *chosen)
    )


def kept_totals(connection: Connection) -> tuple[KeptTotal, ...]:
    """What stays of customers who have been erased."""
    return tuple(
        KeptTotal(row.offer_id or None, row.channel, _group(row), _counts(row))
        for row in connection.execute(select(kept_counts))
    )


def keep(connection: Connection, totals: Iterable[KeptTotal]) -> None:
    """Add counts to those that are kept, in one order: no two erasures wait for each other."""
    for total in sorted(totals, key=lambda one: (one.offer_id or "", one.channel, one.group)):
        counts = {name: getattr(total.counts, name) for name in _FIELDS}
        adding = upsert(connection, kept_counts).values(
            offer_id=total.offer_id or "", channel=total.channel, control=total.group == "control", **counts
        )
        sums = {name: kept_counts.c[name] + adding.excluded[name] for name in _FIELDS}
        keys = list(kept_counts.primary_key)
        connection.execute(adding.on_conflict_do_update(index_elements=keys, set_=sums))


def logged_after(
    connection: Connection, decision_id: str, limit: int, *chosen: ColumnElement[bool]
) -> list[LoggedDecision | Unreadable]:
    """The next decisions by id that meet every condition, each with its reward."""
    page = connection.execute(
        select(decisions.c.decision_id, decisions.c.trace)
        .where(decisions.c.decision_id > decision_id, *chosen)
        .order_by(decisions.c.decision_id)
        .limit(limit)
    ).all()
    one = _by_answer(decisions.c.decision_id.in_([row.decision_id for row in page]))
    query = select(one.c.decision_id, func.sum(one.c.value - one.c.cost).label("reward")).group_by(
        one.c.decision_id
    )
    rewards = {row.decision_id: row.reward for row in connection.execute(query)}
    return [_logged(row.decision_id, row.trace, rewards) for row in page]


def _logged(decision_id: str, trace: bytes, rewards: Mapping[str, float]) -> LoggedDecision | Unreadable:
    try:
        return LoggedDecision(unpacked(decision_id, trace), float(rewards[decision_id]))
    except Unreadable as fault:
        return fault


def _summed(connection: Connection, keys: Sequence[str], *chosen: ColumnElement[bool]) -> Iterable[Row[Any]]:
    one = _by_answer(*chosen)
    by = [one.c[name] for name in keys]
    sums = [func.sum(one.c[name]).label(name) for name in _FIELDS]
    return connection.execute(select(*by, *sums).group_by(*by))


def _by_answer(*chosen: ColumnElement[bool]) -> Subquery:
    """One row for each answer of the chosen decisions: what happened to it, what it earned and what it cost."""
    happened = {name: _sum(_counted(kind)) for name, kind in _KINDS.items()}
    columns = (
        answers.c.decision_id,
        answers.c.offer_id,
        _FIRST.c.offer_id.label("first_id"),
        decisions.c.channel,
        decisions.c.control,
        decisions.c.customer_id,
        _one_if(answers.c.given).label("contacts"),
        *(column.label(name) for name, column in happened.items()),
        _earned().label("value"),
        (answers.c.cost + answers.c.discount * happened["redeems"]).label("cost"),
        func.count(decisions.c.decision_id.distinct()).label("decisions"),
    )
    of_first = (_FIRST.c.decision_id == answers.c.decision_id) & (_FIRST.c.place == 1)
    joined = answers.join(decisions).join(_FIRST, of_first).outerjoin(outcomes, of_answer)
    keys = *answers.primary_key, *_FIRST.primary_key, decisions.c.decision_id
    return select(*columns).select_from(joined).where(*chosen).group_by(*keys).subquery()


def _earned() -> ColumnElement[float]:
    """The margin of what was paid: of purchases and of redemptions, for nothing else brings money."""
    paid = func.coalesce(func.sum(case((outcomes.c.kind.in_(["purchase", "redeem"]), outcomes.c.value))), 0.0)
    return decisions.c.margin * paid


def _counted(kind: str) -> ColumnElement[bool]:
    return (outcomes.c.kind == kind) & outcomes.c.counts


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(_one_if(condition))


def _group(row: Row[Any]) -> Group:
    return "control" if row.control else "treated"


def _counts(row: Row[Any]) -> Counts:
    """PostgreSQL sums whole numbers to decimals."""
    whole = {name: int(getattr(row, name)) for name in ("decisions", "contacts", *_KINDS)}
    return Counts(**whole, value=float(row.value), cost=float(row.cost))
