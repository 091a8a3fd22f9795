"""What customers agreed to, each statement kept: it may have to be proved later."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, select

from serving.decision.facts import Consent
from serving.ledger.database import upsert
from serving.ledger.tables import consents

Pair = tuple[str, str]
"""A channel and a purpose."""

_SAID = (
    select(consents.c.customer_id, consents.c.channel, consents.c.purpose, consents.c.granted, consents.c.at)
    .where(consents.c.customer_id.in_(bindparam("ids", expanding=True)))
    .order_by(consents.c.at)
)


def record_consent(connection: Connection, customer_id: str, pair: Pair, consent: Consent) -> None:
    """Keep what a customer said; of two statements of one moment the refusal stays."""
    channel, purpose = pair
    statement = upsert(connection, consents).values(
        customer_id=customer_id, channel=channel, purpose=purpose, at=consent.at, granted=consent.granted
    )
    refused_wins = {"granted": and_(consents.c.granted, statement.excluded.granted)}
    keys = list(consents.primary_key)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=refused_wins))


def newest_consents(
    connection: Connection, customer_ids: Iterable[str]
) -> defaultdict[str, dict[Pair, Consent]]:
    """The newest statement of each customer by channel and purpose."""
    found: defaultdict[str, dict[Pair, Consent]] = defaultdict(dict)
    rows = connection.execute(_SAID, {"ids": list(customer_ids)})
    for customer_id, channel, purpose, granted, at in rows:
        found[customer_id][channel, purpose] = Consent(granted, at)
    return found
