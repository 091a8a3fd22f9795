"""Recording decisions: what the ledger knows is read, each decision made, its limits reserved, all written."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from serving.decision.trace import Decision, Priced, from_json, to_json
from serving.ledger.database import upsert
from serving.ledger.knowledge import Knowledge
from serving.ledger.records import Occasion, Terms
from serving.ledger.tables import answers, decisions, spent, used

Row = dict[str, Any]

_ROUNDING = 1e-9  # of a budget: sums of money in another order differ by less
_NONE = Terms()
_FAST = 1  # the level of zlib that is quickest, under the lock; a trace shrinks to a fifth


class LostRaceError(Exception):
    """Somebody else was quicker to take the last of an offer: what was read is out of date."""


def recorded(connection: Connection, decision_ids: Iterable[str]) -> dict[str, Decision]:
    """The decisions that exist, by id."""
    query = select(decisions.c.decision_id, decisions.c.trace).where(
        decisions.c.decision_id.in_(list(decision_ids))
    )
    return {decision_id: unpacked(trace) for decision_id, trace in connection.execute(query)}


def unpacked(trace: bytes) -> Decision:
    """The decision of a row."""
    return from_json(zlib.decompress(trace).decode())


def settle(
    connection: Connection, occasions: Sequence[Occasion], terms: Mapping[str | None, Terms], days: float
) -> list[Decision]:
    """The decision of each occasion, in order: the recorded one where there is one, else made now and written.

    The customers have to be locked. Raises `LostRaceError` before anything is written that is of use.
    """
    known = recorded(connection, (occasion.question.decision_id for occasion in occasions))
    new = {o.question.decision_id: o for o in occasions if o.question.decision_id not in known}
    if new:
        made = _made(connection, new.values(), terms, days)
        _write(connection, made, terms)
        known |= {decision.decision_id: decision for decision in made}
    return [known[occasion.question.decision_id] for occasion in occasions]


def _made(
    connection: Connection, occasions: Iterable[Occasion], terms: Mapping[str | None, Terms], days: float
) -> list[Decision]:
    knowledge = Knowledge(connection, [occasion.question for occasion in occasions], days)
    made = []
    for occasion in occasions:
        made.append(occasion.decide(knowledge.history(occasion.question)))
        knowledge.note(made[-1])
    _reserve(connection, knowledge, terms)
    return made


def _reserve(connection: Connection, knowledge: Knowledge, terms: Mapping[str | None, Terms]) -> None:
    """Take the day's pieces and the money of each offer, in the order of the ids: no two wait for each other."""
    for (offer_id, day), times in sorted(knowledge.taken.items()):
        limit = terms.get(offer_id, _NONE).per_day
        taking = upsert(connection, used).values(offer_id=offer_id, day=day, times=times)
        total = used.c.times + taking.excluded.times
        taking = taking.on_conflict_do_update(
            index_elements=[used.c.offer_id, used.c.day],
            set_={"times": total},
            where=None if limit is None else total <= limit,
        )
        if (limit is not None and times > limit) or connection.execute(taking).rowcount == 0:
            raise LostRaceError(offer_id)
    for offer_id, money in sorted(knowledge.reserved.items()):
        budget = terms.get(offer_id, _NONE).budget
        most = None if budget is None else budget * (1 + _ROUNDING)
        reserving = upsert(connection, spent).values(offer_id=offer_id, money=money)
        sum_ = spent.c.money + reserving.excluded.money
        reserving = reserving.on_conflict_do_update(
            index_elements=[spent.c.offer_id],
            set_={"money": sum_},
            where=None if most is None else sum_ <= most,
        )
        if (most is not None and money > most) or connection.execute(reserving).rowcount == 0:
            raise LostRaceError(offer_id)


def _write(connection: Connection, made: Sequence[Decision], terms: Mapping[str | None, Terms]) -> None:
    connection.execute(insert(decisions), [_decision_row(decision) for decision in made])
    connection.execute(insert(answers), [row for decision in made for row in _answer_rows(decision, terms)])


def _decision_row(decision: Decision) -> Row:
    return {
        "decision_id": decision.decision_id,
        "customer_id": decision.customer_id,
        "channel": decision.channel,
        "control": decision.group == "control",
        "decided_at": decision.decided_at,
        "trace": zlib.compress(to_json(decision).encode(), _FAST),
    }


def _answer_rows(decision: Decision, terms: Mapping[str | None, Terms]) -> list[Row]:
    """What was given, or the first that was withheld, or that there was nothing: at least one row."""
    shown: tuple[Priced | None, ...] = decision.given or decision.withheld[:1] or (None,)
    return [
        {
            "decision_id": decision.decision_id,
            "place": place,
            "given": bool(decision.given),
            **_money(offer, terms, charged=bool(decision.given)),
        }
        for place, offer in enumerate(shown, start=1)
    ]


def _money(offer: Priced | None, terms: Mapping[str | None, Terms], *, charged: bool) -> Row:
    """What an answer costs and brings; what was not given costs nothing."""
    factors = {} if offer is None else {factor.name: factor.value for factor in offer.factors}
    offer_id = None if offer is None else offer.offer_id
    return {
        "offer_id": offer_id,
        "kind": None if offer is None else offer.kind,
        "cost": factors.get("cost", 0.0) if charged else 0.0,
        "discount": factors.get("discount", 0.0) if charged else 0.0,
        "value": factors.get("value"),
        "margin": terms.get(offer_id, _NONE).margin,
    }
