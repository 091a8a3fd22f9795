"""Forgetting a customer: every row goes, counts without a name and a keyed hash stay."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from serving.ledger.database import upsert
from serving.ledger.records import KeptTotal
from serving.ledger.tables import answers, consents, decisions, erasures, outcomes
from serving.ledger.totals import keep, offer_totals

_AMONG = select(erasures.c.customer_hash).where(
    erasures.c.customer_hash.in_(bindparam("hashes", expanding=True))
)


def erase(
    connection: Connection, customer_id: str, customer_hash: str, at: datetime
) -> tuple[Mapping[str, int], tuple[KeptTotal, ...]]:
    """Remove the locked customer and remember the hash; a second time removes what came since.

    The rows that went, by table, and the counts that stay.
    """
    kept = offer_totals(connection, decisions.c.customer_id == customer_id)
    keep(connection, kept)
    mine = select(decisions.c.decision_id).where(decisions.c.customer_id == customer_id)
    removed = {
        "outcomes": connection.execute(delete(outcomes).where(outcomes.c.decision_id.in_(mine))).rowcount,
        "answers": connection.execute(delete(answers).where(answers.c.decision_id.in_(mine))).rowcount,
        "decisions": connection.execute(
            delete(decisions).where(decisions.c.customer_id == customer_id)
        ).rowcount,
        "consents": connection.execute(
            delete(consents).where(consents.c.customer_id == customer_id)
        ).rowcount,
    }
    remembering = upsert(connection, erasures).values(customer_hash=customer_hash, at=at)
    again = {"at": remembering.excluded.at}
    connection.execute(
        remembering.on_conflict_do_update(index_elements=[erasures.c.customer_hash], set_=again)
    )
    return removed, kept


def any_erased(connection: Connection, hashes: Collection[str]) -> bool:
    """Whether one of the hashes is that of an erased customer."""
    return connection.execute(_AMONG, {"hashes": list(hashes)}).first() is not None


def erased_hashes(connection: Connection) -> frozenset[str]:
    """The hash of everybody who has been erased."""
    return frozenset(connection.execute(select(erasures.c.customer_hash)).scalars())
