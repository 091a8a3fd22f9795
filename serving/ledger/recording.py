"""Recording decisions: what the ledger knows is read, each decision made, its limits reserved, all written."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Executable, bindparam, insert, select

from serving.decision.trace import Decision, Priced, from_json, to_json
from serving.ledger.database import INSERTIONS, Insertion
from serving.ledger.faults import Unreadable
from serving.ledger.knowledge import Knowledge
from serving.ledger.records import Limits, Occasion
from serving.ledger.tables import answers, decisions, spent, used
from serving.telemetry.timing import Stage

Row = dict[str, Any]
Seal = Callable[[Row, Sequence[Row]], bytes]
"""Seals a row of `decisions` with its rows of `answers`."""

_ROUNDING = 1e-9  # of a budget: sums of money in another order differ by less
_NONE = Limits()
_FAST = 1  # the level of zlib that is quickest, under the lock; a trace shrinks to a fifth


# Statements are made once: making one costs as much as running it.
_BY_ID = select(decisions.c.decision_id, decisions.c.trace).where(
    decisions.c.decision_id.in_(bindparam("ids", expanding=True))
)
_INTO_DECISIONS = insert(decisions)
_INTO_ANSWERS = insert(answers)


class LostRaceError(Exception):
    """Somebody else was quicker to take the last of an offer: what was read is out of date."""


def recorded(connection: Connection, decision_ids: Iterable[str]) -> dict[str, Decision]:
    """The decisions that exist, by id. Raises `Unreadable` as `unpacked` does."""
    rows = connection.execute(_BY_ID, {"ids": list(decision_ids)})
    return {decision_id: unpacked(decision_id, trace) for decision_id, trace in rows}


def unpacked(decision_id: str, trace: bytes) -> Decision:
    """The decision of a row. Raises `Unreadable` where something else is there, another decision too."""
    try:
        decision = from_json(zlib.decompress(trace).decode())
    except (zlib.error, ValueError, TypeError) as fault:
        raise Unreadable(decision_id) from fault
    if decision.decision_id != decision_id:
        raise Unreadable(decision_id)
    return decision


def settle(
    connection: Connection,
    occasions: Sequence[Occasion],
    limits: Mapping[str, Limits],
    days: float,
    seal: Seal,
) -> list[Decision]:
    """The decision of each occasion, in order: the recorded one where there is one, else made now and written.

    The customers have to be locked. Raises `LostRaceError` before anything is written that is of use.
    """
    known = recorded(connection, (occasion.question.decision_id for occasion in occasions))
    new = {o.question.decision_id: o for o in occasions if o.question.decision_id not in known}
    if new:
        made = _made(connection, new.values(), limits, days)
        askers = [occasion.asked_by for occasion in new.values()]
        _write(connection, [_rows(*one, seal) for one in zip(made, askers, strict=True)])
        known |= {decision.decision_id: decision for decision in made}
    return [known[occasion.question.decision_id] for occasion in occasions]


def _made(
    connection: Connection, occasions: Iterable[Occasion], limits: Mapping[str, Limits], days: float
) -> list[Decision]:
    knowledge = Knowledge(connection, [occasion.question for occasion in occasions], limits, days)
    made = []
    with Stage("deciding"):
        for occasion in occasions:
            made.append(occasion.decide(knowledge.history(occasion.question)))
            knowledge.note(made[-1])
    _reserve(connection, knowledge, limits)
    return made


def _reserve(connection: Connection, knowledge: Knowledge, limits: Mapping[str, Limits]) -> None:
    """Take the day's pieces and the money of each offer, in the order of the ids: no two wait for each other.

    Others who take of the same offer wait for our end: what is above a limit now is ours alone to undo.
    """
    dialect = connection.dialect.name
    taken = [
        {"offer_id": offer_id, "day": day, "times": times}
        for (offer_id, day), times in sorted(knowledge.taken.items())
    ]
    reserved = [
        {"offer_id": offer_id, "money": money} for offer_id, money in sorted(knowledge.reserved.items())
    ]
    if not taken:
        return
    for offer_id, times in connection.execute(_TAKING[dialect], taken):
        most = limits.get(offer_id, _NONE).per_day
        if most is not None and times > most:
            raise LostRaceError(offer_id)
    for offer_id, money in connection.execute(_SPENDING[dialect], reserved):
        budget = limits.get(offer_id, _NONE).budget
        if budget is not None and money > budget * (1 + _ROUNDING):
            raise LostRaceError(offer_id)


def _adding(insertion: Insertion, column: Column[Any]) -> Executable:
    """Adds to the counters of many offers, and returns the sums with their offers."""
    statement = insertion(column.table)
    return statement.on_conflict_do_update(
        index_elements=list(column.table.primary_key),
        set_={column.name: column + statement.excluded[column.name]},
    ).returning(column.table.c.offer_id, column)


def _write(connection: Connection, made: Sequence[tuple[Row, Sequence[Row]]]) -> None:
    connection.execute(_INTO_DECISIONS, [decision for decision, _ in made])
    connection.execute(_INTO_ANSWERS, [row for _, shown in made for row in shown])


def _rows(decision: Decision, asked_by: str, seal: Seal) -> tuple[Row, list[Row]]:
    """That of `decisions`, sealed, and those of `answers`."""
    row = {
        "decision_id": decision.decision_id,
        "customer_id": decision.customer_id,
        "channel": decision.channel,
        "control": decision.group == "control",
        "decided_at": decision.decided_at,
        "margin": decision.margin,
        "trace": zlib.compress(to_json(decision).encode(), _FAST),
        "asked_by": asked_by,
    }
    shown = _answer_rows(decision)
    return {**row, "seal": seal(row, shown)}, shown


def _answer_rows(decision: Decision) -> list[Row]:
    """What was given, or what was withheld, or that there was nothing: at least one row."""
    shown: tuple[Priced | None, ...] = decision.given or decision.withheld or (None,)
    return [
        {
            "decision_id": decision.decision_id,
            "place": place,
            "given": bool(decision.given),
            **_money(offer, charged=bool(decision.given)),
        }
        for place, offer in enumerate(shown, start=1)
    ]


def _money(offer: Priced | None, *, charged: bool) -> Row:
    """What an answer costs; what was not given costs nothing."""
    factors = {} if offer is None else {factor.name: factor.value for factor in offer.factors}
    return {
        "offer_id": None if offer is None else offer.offer_id,
        "kind": None if offer is None else offer.kind,
        "cost": factors.get("cost", 0.0) if charged else 0.0,
        "discount": factors.get("discount", 0.0) if charged else 0.0,
    }


_TAKING = {dialect: _adding(insertion, used.c.times) for dialect, insertion in INSERTIONS.items()}
_SPENDING = {dialect: _adding(insertion, spent.c.money) for dialect, insertion in INSERTIONS.items()}
