"""What customers agreed to, each statement kept: it may have to be proved later."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, and_, select

from serving.decision.facts import Consent
from serving.ledger.database import upsert
from serving.ledger.tables import consents

Pair = tuple[str, str]
"""A channel and a purpose."""


def record_consent(connection: Connection, customer_id: str, pair: Pair, consent: Consent) -> None:
    """Keep what a customer said; of two statements of one moment the refusal stays."""
    channel, purpose = pair
    statement = upsert(connection, consents).values(
        customer_id=customer_id, channel=channel, purpose=purpose, at=consent.at, granted=consent.granted
    )
    refused_wins = {"granted": and_(consents.c.granted, statement.excluded.granted)}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(consents.primary_key), set_=refused_wins)
    )


def newest_consents(
    connection: Connection, customer_ids: Iterable[str]
) -> defaultdict[str, dict[Pair, Consent]]:
    """The newest statement of each customer by channel and purpose."""
    query = (
        select(
            consents.c.customer_id, consents.c.channel, consents.c.purpose, consents.c.granted, consents.c.at
        )
        .where(consents.c.customer_id.in_(list(customer_ids)))
        .order_by(consents.c.at)
    )
    found: defaultdict[str, dict[Pair, Consent]] = defaultdict(dict)
    for customer_id, channel, purpose, granted, at in connection.execute(query):
        found[customer_id][channel, purpose] = Consent(granted, at)
    return found
